/** `limits:` of weir.yaml, and the `limits` of a key: the same but for whom they count. What comes out may be read in again. */
import { z } from 'zod'
import { CALENDAR, type KeyLimit, type Limit, SCOPES, UNITS } from '../policy/limits/limit.ts'
import { amount, oneOf, toMilliseconds, whole } from './units.ts'

const SHORTEST = 60_000
const LONGEST = 31 * 86_400_000
const MOST = 1_000_000_000_000

const rolling = z
  .string()
  .refine((text) => inBounds(toMilliseconds(text)), { error: 'write a duration from 1m to 31d, such as 24h' })

const inBounds = (ms: number | null) => ms !== null && ms >= SHORTEST && ms <= LONGEST

const zone = z
  .string()
  .refine(isZone, { error: 'is no time zone: write a name such as Europe/Berlin or UTC' })
  .prefault('UTC')
  .describe('Whose midnight counts; a name such as Europe/Berlin.')

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name }).format(0)
    return true
  } catch {
    return false
  }
}

const amounts = {
  per: z
    .union([z.enum(CALENDAR), z.strictObject({ rolling })], {
      error: `write one of ${CALENDAR.join(', ')}, or { rolling: 24h }`,
    })
    .optional()
    .describe('Calendar window in `zone`, or { rolling: 24h }; concurrency alone needs none.'),
  zone,
  requests: whole(0, MOST).optional(),
  tokens: whole(0, MOST).optional().describe('Input and output together.'),
  cost: amount().optional().describe('US dollars.'),
  concurrency: whole(0, MOST).optional().describe('Calls at once.'),
  action: oneOf('block', 'alert').prefault('block').describe('alert: calls pass, and the answer says so.'),
  unpriced: oneOf('refuse', 'count_as', 'allow')
    .optional()
    .describe('A call that nobody can price, under a cost limit. Default: refuse where the limit blocks, else allow.'),
  countAs: amount().optional().describe('With unpriced: count_as, US dollars a call.'),
  reserveOutput: whole(0, MOST)
    .prefault(4096)
    .describe('Output tokens that are set aside for a call which names no maximum, until its usage is known.'),
}

const scope = {
  on: oneOf(...SCOPES).describe('Whom it counts.'),
  name: z
    .string()
    .min(1)
    .optional()
    .describe('Only this key, team …; absent: each has its own counter. For tag: feature or feature=search.'),
}

type Loose<T extends { unpriced: unknown }> = Omit<T, 'unpriced'> & { unpriced?: T['unpriced'] | undefined }

/** `allow` where the budget would not refuse anyway. */
const settled = <T extends Loose<KeyLimit>>(limit: T): T & Pick<KeyLimit, 'unpriced'> => ({
  ...limit,
  unpriced: limit.unpriced ?? (limit.action === 'block' ? 'refuse' : 'allow'),
})

function amountProblem(it: Loose<KeyLimit>): { path: string[]; message: string } | null {
  if (UNITS.every((unit) => it[unit] === undefined))
    return { path: [], message: `this limit names no amount: add ${UNITS.join(', ')}` }
  if (it.per === undefined && (it.requests ?? it.tokens ?? it.cost) !== undefined)
    return { path: ['per'], message: `is missing: write one of ${CALENDAR.join(', ')}, or { rolling: 24h }` }
  if (it.unpriced === 'count_as' && it.countAs === undefined)
    return { path: ['countAs'], message: 'is missing: how many dollars an unpriced call counts as' }
  return null
}

function scopeProblem({ on, name }: Pick<Limit, 'on' | 'name'>): { path: string[]; message: string } | null {
  if (on === 'global' && name !== undefined)
    return { path: ['name'], message: 'a global limit counts all calls: take the name out, or say what it is on' }
  if (on === 'tag' && name === undefined)
    return { path: ['name'], message: 'is missing: write the tag, such as feature or feature=search' }
  return null
}

export const keyLimitSchema = z
  .strictObject(amounts)
  .superRefine((it, context) => {
    const problem = amountProblem(it)
    if (problem) context.addIssue({ code: 'custom', ...problem })
  })
  .transform((it): KeyLimit => settled(it))

export const limitSchema = z
  .strictObject({ ...scope, ...amounts })
  .superRefine((it, context) => {
    for (const problem of [scopeProblem(it), amountProblem(it)])
      if (problem) context.addIssue({ code: 'custom', ...problem })
  })
  .transform((it): Limit => settled(it))
