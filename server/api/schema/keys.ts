/** Keys as the API gives and takes them. The rules of what a key may be are those of weir.yaml (config/keys.ts). */
import { z } from '@hono/zod-openapi'
import { keyInput, keyName } from '../../config/keys.ts'
import { toMilliseconds } from '../../config/units.ts'
import { CALENDAR } from '../../policy/limits/limit.ts'

const count = z.number().int()
const time = count.nullable().describe('Epoch milliseconds; null: none, or not known.')
const allowed = (what: string) => z.array(z.string()).nullable().describe(`${what}; null: all.`)

const limit = z.object({
  per: z
    .union([z.enum(CALENDAR), z.object({ rolling: z.string() })])
    .optional()
    .describe('Calendar window in `zone`, or any such stretch of time.'),
  zone: z.string(),
  requests: count.optional(),
  tokens: count.optional(),
  cost: z.number().optional().describe('US dollars.'),
  concurrency: count.optional(),
  action: z.enum(['block', 'alert']),
  unpriced: z.enum(['refuse', 'count_as', 'allow']),
  countAs: z.number().optional(),
  reserveOutput: count,
})

export const keyItem = z
  .object({
    name: z.string().describe('Stands in `Call.key`.'),
    last4: z.string().describe("The secret's last four characters; '' where only a hash is configured."),
    owner: z.string().nullable(),
    team: z.string().nullable(),
    tags: z.record(z.string(), z.string()),
    providers: allowed('Providers that it may use'),
    models: allowed('Patterns over the model asked for'),
    routes: allowed('Routes that it may use, and nothing else'),
    ips: allowed('Addresses and ranges that it may be used from'),
    expiresAt: time,
    revokedAt: time,
    capture: z.enum(['full', 'metadata', 'off']).nullable(),
    disconnect: z.enum(['abort', 'drain']).nullable().describe('When the client leaves; null: as the route says.'),
    limits: z.array(limit),
    createdAt: time,
    source: z.enum(['api', 'config']).describe('config: it stands in weir.yaml and is read-only here.'),
    state: z.enum(['active', 'expired', 'revoked']),
    lastUsedAt: time.describe('To the minute, or to the quarter of an hour, where it was before this start of Weir.'),
    calls30d: count.nullable().describe('null: more keys were in use at once than are counted apart.'),
    costNano30d: count.nullable().describe('Nano-dollars, as far as costs are known; null: unknown.'),
  })
  .openapi('Key')

export type KeyItem = z.output<typeof keyItem>

export const keyList = z.object({ items: z.array(keyItem).describe('By name.') }).openapi('KeyList')

export const madeKey = z
  .object({ key: keyItem, secret: z.string().describe('wk_…: shown here and never again.') })
  .openapi('MadeKey')

// Made anew with this `z`: only what it makes can be named in the document.
export const newKey = z.strictObject({ name: keyName, ...keyInput.shape }).openapi('NewKey')
export const changedKey = z.strictObject(keyInput.shape).openapi('ChangedKey')

const LONGEST_OVERLAP = 30 * 86_400_000
const overlap = z
  .string()
  .default('24h')
  .transform((text, context) => {
    const ms = toMilliseconds(text)
    if (ms !== null && ms <= LONGEST_OVERLAP) return ms
    context.addIssue({ code: 'custom', message: 'write a duration of at most 30d, such as 24h; 0: none' })
    return z.NEVER
  })
  .openapi({ type: 'string', description: 'How long the secret before stays good.', example: '24h' })

export const rotation = z.strictObject({ overlap }).openapi('Rotation')

/** Any text: whether there is such a key, the answer says. */
export const keyParam = z.object({ name: z.string().min(1).max(64) })
