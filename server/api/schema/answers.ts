/** What the API answers, beside the call itself. The queries' own types must fit: handlers pass their results on unchanged. */
import { z } from '@hono/zod-openapi'
import type { CountCalls } from '../../../db/queries/count-calls.ts'
import type { Histogram } from '../../../db/queries/histogram.ts'
import type { CallList, CallListItem } from '../../../db/queries/list-calls.ts'
import type { Overview, Totals } from '../../../db/queries/overview.ts'
import type { Series } from '../../../db/queries/series.ts'
import type { Suggestions } from '../../../db/queries/suggest.ts'
import type { Top } from '../../../db/queries/top.ts'
import { call } from './call.ts'

const nano = z.number().int().nullable().describe('Nano-dollars; null: unknown.')
const count = z.number().int()
const ms = z.number().nullable()

/** A call as lists show it: without what only its own page needs. */
export const callItem = call
  .omit({ usageRaw: true, costParts: true, attempts: true })
  .openapi('CallItem') satisfies z.ZodType<CallListItem>

const incomplete = z.string().nullable().describe('Why something may be missing, in words; null: nothing is.')
const exact = z.boolean().describe('False: something was cut or rounded, see `incomplete`.')

export const callList = z
  .object({
    items: z.array(callItem).describe('Newest first. Calls that are not stored yet come on top of the first page.'),
    next: z.string().nullable().describe('`cursor` of the next page; null: this was the last.'),
    incomplete,
  })
  .openapi('CallList') satisfies z.ZodType<CallList>

export const callCount = z
  .object({ count, capped: z.boolean().describe('There are at least this many: counting stopped here.') })
  .openapi('CallCount') satisfies z.ZodType<CountCalls>

export const histogram = z
  .object({
    step: count.describe('Width of a bucket in milliseconds.'),
    points: z.array(z.object({ at: count, calls: count, errors: count })),
    incomplete,
  })
  .openapi('Histogram') satisfies z.ZodType<Histogram>

const percentiles = z.object({ p50: ms, p95: ms, p99: ms }).describe('Milliseconds; null: nothing was measured.')
const tokens = count.nullable()

const totals = z
  .object({
    calls: count,
    errors: count.describe('error, upstream_abort, timeout, interrupted.'),
    refused: count,
    aborted: count.describe('The client left.'),
    costNano: nano,
    listNano: nano,
    unpricedCalls: count.describe('Calls that cost something unknown: not in `costNano`.'),
    estimatedNano: count.describe('The part of `costNano` that stands on estimated tokens.'),
    estimatedCalls: count.describe('Calls whose tokens are an estimate of ours.'),
    tokens: z.object({ input: tokens, cacheRead: tokens, cacheWrite: tokens, output: tokens, reasoning: tokens }),
    cacheHits: count,
    savedNano: count,
    durationMs: percentiles,
    firstTokenMs: percentiles,
    tokensPerSecond: z.number().nullable(),
  })
  .openapi('Totals') satisfies z.ZodType<Totals>

export const overview = z
  .object({ now: totals, before: totals.describe('The period of the same length before.'), exact, incomplete })
  .openapi('Overview') satisfies z.ZodType<Overview>

export const series = z
  .object({
    step: count.describe('Milliseconds between points; `at` tells the true starts where the clock changes.'),
    at: z.array(count),
    groups: z.array(
      z.object({
        name: z.string().nullable(),
        total: z.number().nullable(),
        values: z.array(z.number().nullable()),
        other: z.literal(true).optional().describe('All groups beyond `top`, folded.'),
      }),
    ),
    unpricedCalls: z.array(count).describe('Calls without a known cost, for each point.'),
    exact,
    incomplete,
  })
  .openapi('Series') satisfies z.ZodType<Series>

const topItem = z.object({
  name: z.string().nullable().describe('null: the calls that have no such value.'),
  calls: count,
  errors: count,
  costNano: nano,
  unpricedCalls: count,
  tokens,
  share: z.number().describe("Of the metric's total, 0 to 1."),
})
export const top = z
  .object({
    items: z.array(topItem),
    others: topItem
      .extend({ values: count.nullable().describe('How many values are folded here.') })
      .nullable()
      .describe('All beyond `limit`.'),
    exact,
    incomplete,
  })
  .openapi('Top') satisfies z.ZodType<Top>

export const suggestions = z
  .object({ values: z.array(z.object({ value: z.string(), calls: count })) })
  .openapi('Suggestions') satisfies z.ZodType<Suggestions>

export const found = z
  .array(z.object({ kind: z.enum(['call', 'session']), id: z.string() }))
  .describe('Empty: nothing has this id.')
  .openapi('Found')

export const status = z
  .object({
    version: z.string(),
    startedAt: count,
    journalBehindMs: z.number().describe('Age of the oldest finished call that is not stored yet.'),
    callsRecorded: count.describe('Stored since this data folder began.'),
    callsLost: count,
    diskBytes: count.describe('Database and journal.'),
    running: count,
    entriesSkipped: count,
    problem: z.string().nullable().describe('Why the database cannot be written now.'),
    config: z.object({ problems: z.array(z.string()) }),
    url: z.string().describe('Base address to put before `/openai/v1` and the like, as this request reached it.'),
    demo: z.boolean(),
    database: z.enum(['sqlite', 'postgres']),
    redis: z
      .object({
        up: z.boolean(),
        since: count.describe('Since when it is up, or away.'),
        problem: z.string().nullable().describe('Why what Weir asked of it last has failed.'),
        failures: count.describe('Since this process started.'),
        whenDown: z.enum(['fail_open', 'fail_closed']).describe('What happens meanwhile to calls that limits concern.'),
        unchecked: count.describe('Calls that passed without a look at their limits.'),
        lost: count.describe(
          'Calls that stand in the counters as estimates, because what they took could not be told.',
        ),
      })
      .nullable()
      .describe('What several Weirs share; null: nothing.'),
  })
  .openapi('Status')

export const canceled = z.object({ canceled: count.describe('Calls that were ended.') }).openapi('Canceled')

export const session = z
  .object({
    authenticated: z.boolean().describe('This request may use the API.'),
    needed: z.boolean().describe('A login (or the admin token) is needed from where this request comes.'),
  })
  .openapi('LoginState')
