/** What the holder of a key is told. */
import { z } from '@hono/zod-openapi'
import type { KeyDay } from '../../../db/queries/key-usage.ts'
import { budgetItem } from './budgets.ts'
import { keyItem } from './keys.ts'

const count = z.number().int()

const keyDay = z.object({
  day: count.describe('Start of the day (UTC).'),
  model: z.string().nullable(),
  calls: count,
  inputTokens: count,
  outputTokens: count,
  costNano: count.nullable().describe('Nano-dollars, as far as costs are known; null: unknown.'),
}) satisfies z.ZodType<KeyDay>

export const holder = z
  .object({
    key: keyItem,
    limits: z.array(budgetItem).describe('Every limit and budget that can refuse a call with it, as in /api/budgets.'),
    usage: z.array(keyDay).describe('The last 30 days by day and model, newest first.'),
  })
  .openapi('KeyHolder')
