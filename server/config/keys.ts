/** What a Weir key may be given: in weir.yaml (`keys.list`), by the API and on the command line, checked by the same rules. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { KEY_NAME, RESERVED_KEY_NAMES } from '../policy/key.ts'
import { keyLimitSchema } from './limits.ts'
import { oneOf } from './units.ts'

const NAME_SAYS =
  'is no name for a key: up to 64 letters, digits, dots, dashes and underscores, the first a letter or digit'
const MAX_ENTRIES = 200
/** The last moment that a Date can be: beyond it nothing can be printed. */
const END_OF_TIME = 8_640_000_000_000_000

export const keyName = z
  .string()
  .regex(KEY_NAME, { error: NAME_SAYS })
  .refine((name) => !RESERVED_KEY_NAMES.includes(name), {
    error: 'is reserved: calls with the admin token stand under it',
  })

const text = z.string().min(1).max(256)
const list = (entry: z.ZodType<string, string>) =>
  z.array(entry).min(1, { error: 'names nothing: leave it out to allow all' }).max(MAX_ENTRIES)

const address = z.string().refine(isRange, { error: 'is no address and no range such as 10.0.0.0/8 or 2001:db8::/32' })

function isRange(entry: string): boolean {
  const [ip = '', bits, ...more] = entry.split('/')
  const family = isIP(ip)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
}

const tags = z
  .record(z.string().min(1).max(256), z.string().max(256))
  .refine((all) => Object.keys(all).length <= 64, { error: 'has more than 64 entries' })

/** What may be said of a key, beside its name; what is left out keeps its value, or has none. */
const fields = {
  owner: text.describe('Who answers for it.').nullable(),
  team: text.describe('Calls with it count for this team, whatever their headers say.').nullable(),
  tags: tags.describe('On every call with it; they win over those that the client sends.'),
  providers: list(text).describe('Providers that it may use; left out: all.').nullable(),
  models: list(text)
    .describe('Models that it may ask for, with * for any characters: gpt-5*, anthropic/*; left out: all.')
    .nullable(),
  routes: list(text)
    .describe('Routes that it may use, and then nothing else; left out: all, and calls without a route.')
    .nullable(),
  ips: list(address).describe('Addresses and CIDR ranges that it may be used from; left out: all.').nullable(),
  capture: oneOf('full', 'metadata', 'off')
    .describe('How much of the content of its calls is kept at most.')
    .nullable(),
  disconnect: oneOf('abort', 'drain')
    .describe(
      'When the client leaves: abort the upstream, or drain its answer, for 5m at most; left out: as the route says.',
    )
    .nullable(),
  limits: z.array(keyLimitSchema).max(20).describe('Limits and budgets of this key alone.'),
}

const epochMs = z.number().int().min(0).max(END_OF_TIME)

export const keyInput = z
  .strictObject({
    ...fields,
    expiresAt: epochMs.describe('Epoch milliseconds; from then on it opens nothing.').nullable(),
  })
  .partial()

export type KeyInput = z.output<typeof keyInput>

/** `2026-12-31` (its first moment, UTC) or a full ISO time. */
const moment = z.union([epochMs, z.string()]).transform((value, context) => {
  const at = typeof value === 'number' ? value : /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(at)) return at
  context.addIssue({
    code: 'custom',
    message: `${JSON.stringify(value)} is no time: write 2026-12-31 or 2026-12-31T12:00:00Z`,
  })
  return z.NEVER
})

const listed = z
  .strictObject({
    name: keyName,
    secret: z
      .string()
      .regex(/^wk_[\w-]{20,200}$/, {
        error: 'must be wk_ and at least 20 letters, digits, - or _: make up a random one',
      })
      .optional()
      .describe('What clients send; better ${NAME} or secretFile than the secret itself.'),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, { error: 'must be the SHA-256 of the secret, 64 hex digits' })
      .transform((hash) => hash.toLowerCase())
      .optional()
      .describe('Instead of the secret: its SHA-256 in hex (printf %s "$SECRET" | sha256sum).'),
    ...z.strictObject(fields).partial().shape,
    expiresAt: moment.nullable().optional().describe('2026-12-31, or a full ISO time.'),
  })
  .superRefine(({ secret, hash }, context) => {
    if ((secret === undefined) === (hash === undefined))
      context.addIssue({ code: 'custom', path: ['secret'], message: 'write one of secret, secretFile or hash' })
  })

export type ListedKey = z.output<typeof listed>

export const keysConfig = z
  .strictObject({
    unknown: oneOf('pass', 'refuse')
      .prefault('pass')
      .describe('Calls without a Weir key; refuse: each call must show one.'),
    credentials: oneOf('any', 'client')
      .prefault('any')
      .describe(
        'client: each call must bring the provider’s credential itself; those that Weir holds are not used, whatever key is shown.',
      ),
    list: z.array(listed).prefault([]).describe('Keys that stand here and not in the database; read-only elsewhere.'),
  })
  .superRefine(({ list }, context) => {
    list.forEach((key, at) => {
      const twin = list.findIndex(
        (other) => other.name === key.name || (key.secret ?? key.hash) === (other.secret ?? other.hash),
      )
      if (twin < at)
        context.addIssue({
          code: 'custom',
          path: ['list', at, list[twin]!.name === key.name ? 'name' : 'secret'],
          message: `is that of keys.list.${twin} already`,
        })
    })
  })
