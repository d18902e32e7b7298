/** Limits and how far along they are. */
import { z } from '@hono/zod-openapi'
import type { BudgetItem } from '../../policy/limits/budgets.ts'
import { CALENDAR, SCOPES, UNITS } from '../../policy/limits/limit.ts'

const at = z.number().int().nullable()
const amount = z.number()

export const budgetItem = z
  .object({
    limit: z.object({
      on: z.enum(SCOPES),
      name: z.string().nullable(),
      per: z
        .enum([...CALENDAR, 'rolling'])
        .nullable()
        .describe('null: calls at once, which have no window.'),
      ms: z.number().int().nullable().describe('Length of a rolling window.'),
      zone: z.string(),
      unit: z.enum(UNITS),
      max: amount.describe('Cost in US dollars; so are used, reserved and left.'),
      action: z.enum(['block', 'alert']),
      source: z.enum(['config', 'key']),
    }),
    scope: z.string().describe('The key, team … that it counts; empty: all calls. For a tag, its value.'),
    used: amount.describe('By stored calls; for concurrency, calls that run now.'),
    reserved: amount.describe('Estimates of calls that are under way or not stored yet.'),
    left: amount,
    resetAt: at.describe('When the window ends, or a full rolling one has room again; null: it has no such moment.'),
    forecastAt: at.describe("When it will be spent at today's pace; null: not in this window."),
    state: z.enum(['ok', 'near', 'spent']).describe('near: 80 % or more.'),
  })
  .openapi('BudgetItem') satisfies z.ZodType<BudgetItem>

export const budgetList = z
  .object({ items: z.array(budgetItem).describe('Most used share first, 500 at most.') })
  .openapi('BudgetList')
