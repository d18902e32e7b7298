/** What /api/sessions answers. The queries' types must fit: handlers pass their results on unchanged. */
import { z } from '@hono/zod-openapi'
import type { SessionItem, SessionLane, SessionList, SessionPage, Step } from '../../../db/queries/session-item.ts'
import type { StepPlace } from '../../../db/queries/step-place.ts'
import { call } from './call.ts'

const count = z.number().int()
const epochMs = count.describe('Epoch milliseconds.')
const tokens = count.nullable().describe('null: the usage is unknown.')
const nano = count.nullable().describe('Nano-dollars; null: unknown.')

export const sessionItem = z
  .object({
    id: z.string(),
    source: z.string().nullable().describe('Which rule found it, such as `header x-weir-session`.'),
    startedAt: epochMs,
    lastAt: epochMs,
    calls: count,
    turns: count,
    lanes: count.describe('Agents and sub-agents.'),
    models: z.array(z.string()),
    providers: z.array(z.string()),
    errors: count,
    costNano: nano.describe('Of the calls whose cost is known; null: of none.'),
    unpriced: count.describe('Calls that cost something unknown: not in `costNano`.'),
    inputTokens: count,
    outputTokens: count,
    cacheRead: count,
    findings: z.array(z.object({ id: z.string(), verdict: z.string(), state: z.string() })),
    user: z.string().nullable(),
    key: z.string().nullable(),
    app: z.string().nullable(),
    preview: z.string().nullable().describe('The last thing said.'),
    growth: z.array(count).describe('Input tokens of its turns in order of time, at most 24 points.'),
  })
  .openapi('Session') satisfies z.ZodType<SessionItem>

export const sessionList = z
  .object({
    items: z.array(sessionItem).describe('Those with the latest call first.'),
    next: z.string().nullable().describe('`cursor` of the next page; null: this was the last.'),
    incomplete: z.string().nullable().describe('Why something may be missing, in words; null: nothing is.'),
  })
  .openapi('SessionList') satisfies z.ZodType<SessionList>

const lane = z
  .object({
    lane: z.string().nullable(),
    parentLane: z.string().nullable().describe("The lane whose call this one's first call continues."),
    name: z.string(),
    calls: count,
    costNano: nano,
  })
  .openapi('SessionLane') satisfies z.ZodType<SessionLane>

const step = call
  .pick({
    durationMs: true,
    firstTokenMs: true,
    lane: true,
    turn: true,
    parentId: true,
    auxiliary: true,
    provider: true,
    model: true,
    outcome: true,
    status: true,
    costNano: true,
    toolCalls: true,
    preview: true,
    errorMessage: true,
    findings: true,
    newFrom: true,
    mark: true,
    cacheBreak: true,
  })
  .extend({
    callId: z.string(),
    at: epochMs,
    inputTokens: tokens,
    outputTokens: tokens,
    cacheRead: tokens,
    unpriced: z.boolean().describe('Its cost is unknown, though it may have cost something.'),
  })
  .openapi('Step') satisfies z.ZodType<Step>

const page = z.object({
  session: sessionItem,
  lanes: z.array(lane),
  steps: z.array(step).describe('Oldest first.'),
  next: z.string().nullable(),
}) satisfies z.ZodType<SessionPage>

export const sessionPage = page
  .extend({ running: count.describe('Calls of this session that are running now.') })
  .openapi('SessionPage')

export const stepPlace = z
  .object({
    step: count.describe('1, 2, … in order of time.'),
    steps: count.describe('How many calls the session has.'),
    previous: z.string().nullable().describe('Call id.'),
    next: z.string().nullable().describe('Call id.'),
  })
  .openapi('StepPlace') satisfies z.ZodType<StepPlace>
