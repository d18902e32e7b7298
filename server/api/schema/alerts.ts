/** What /api/alerts answers. */
import { z } from '@hono/zod-openapi'

export const alertList = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['ok', 'firing', 'failing']).describe('failing: the webhook did not take the last message.'),
        since: z.number().int().nullable().describe('Of the oldest thing that it told of and that is not over.'),
        lastSentAt: z.number().int().nullable().describe('Since the start of Weir.'),
        lastError: z.string().nullable(),
      }),
    ),
  })
  .openapi('AlertList')

export const alertTest = z.strictObject({ name: z.string().min(1).max(64) })

export const alertTested = z
  .object({ ok: z.boolean(), status: z.number().int().nullable(), message: z.string() })
  .openapi('AlertTested')
