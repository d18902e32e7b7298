/**
 * The call as the API gives it, described once more for validation and for the OpenAPI document. The compiler holds each schema
 * level with its type in server/call.ts (`satisfies`), and a test holds real answers against the document.
 */
import { z } from '@hono/zod-openapi'
import type { Attempt, Call, Change, CostPart, Usage } from '../../call.ts'

const epochMs = z.number().int().describe('Epoch milliseconds.')
const nano = z.number().int().describe('Nano-dollars (1e-9 USD).')
const text = z.string()
const ms = z.number().describe('Milliseconds.')

const count = z.number().optional()
const usage = z
  .object({
    input: count,
    cacheRead: count,
    cacheWrite: count,
    cacheWrite1h: count,
    output: count,
    reasoning: count,
    audioInput: count,
    audioCacheRead: count,
    audioOutput: count,
    imageInput: count,
    imageOutput: count,
    videoInput: count,
    webSearches: count,
    seconds: count,
    characters: count,
    images: count,
    requests: count,
  })
  .describe('Disjoint counts: no token is in two buckets. A bucket that the provider did not speak of is absent.')
  .openapi('Usage') satisfies z.ZodType<Usage>

const costPart = z
  .object({
    bucket: usage.keyof(),
    quantity: z.number(),
    unitNano: z.number().nullable().describe('Nano-dollars for one token or unit; null: no known price.'),
    costNano: nano.nullable(),
  })
  .openapi('CostPart') satisfies z.ZodType<CostPart>

const change = z.object({ what: text, why: text }).openapi('Change') satisfies z.ZodType<Change>

const attempt = z
  .object({
    n: z.number().int().describe('1, 2, … in the order of trying.'),
    target: text,
    status: z.number().int().nullable(),
    startedAt: epochMs,
    durationMs: ms.nullable(),
    connectMs: ms.nullable(),
    headersMs: ms.nullable(),
    error: text.nullable(),
    usage: usage.nullable(),
    costNano: nano.nullable(),
    reason: text.nullable(),
  })
  .openapi('Attempt') satisfies z.ZodType<Attempt>

export const outcome = z.enum([
  'running',
  'ok',
  'error',
  'client_abort',
  'upstream_abort',
  'timeout',
  'refused',
  'interrupted',
  'cache_hit',
])

const fields = z.object({
  id: z.string().describe('UUIDv7, also in the `x-weir-call-id` header of the answer.'),
  startedAt: epochMs,
  durationMs: ms.nullable(),
  firstTokenMs: ms.nullable().describe('To the first event with content; null when the answer was not a stream.'),
  overheadMs: ms.nullable().describe('What Weir itself added.'),
  provider: text.nullable(),
  dialect: text.nullable(),
  operation: text.nullable(),
  model: text.nullable().describe('The model that was asked for.'),
  responseModel: text.nullable(),
  target: text.nullable(),
  route: text.nullable(),
  method: text,
  path: text.describe('The raw request target, credentials masked.'),
  stream: z.boolean().nullable(),
  status: z.number().int().nullable(),
  outcome,
  errorCode: text.nullable(),
  errorMessage: text.nullable(),
  finishReason: text.nullable(),
  toolCalls: z.array(text).describe('Names of the tools that the answer called, in order.'),
  tools: z.array(text).describe('Names of the tools that the request offered.'),
  preview: text.nullable(),
  usage: usage.nullable(),
  usageSource: z.enum(['provider', 'partial', 'estimated', 'none']),
  usageRaw: z.unknown().describe("The provider's own usage JSON, as it came."),
  costNano: nano
    .nullable()
    .describe('What will be billed. null: unpriced or partly priced, never 0 for want of knowing.'),
  listNano: nano.nullable(),
  billing: z.enum(['metered', 'subscription', 'committed', 'free']),
  costParts: z.array(costPart).nullable(),
  costSource: text.nullable(),
  pricedAs: text.nullable(),
  cache: z.enum(['off', 'miss', 'hit', 'refresh', 'bypass']),
  savedNano: nano.nullable().describe('What an answer from the cache would have cost; null: unknown, or no hit.'),
  savedMs: ms.nullable().describe('How much sooner it came than the call whose answer it is.'),
  cachedFrom: text.nullable().describe('Id of the call whose answer this one got.'),
  cacheWhy: text.nullable().describe('Why it was a miss, or was not looked for, in words.'),
  sessionId: text.nullable(),
  sessionSource: text.nullable(),
  parentId: text.nullable(),
  lane: text.nullable(),
  turn: z.number().int().nullable().describe('Which turn of its lane, from 1.'),
  newFrom: z.number().int().nullable().describe('Index of the first message that the session had not seen.'),
  mark: z
    .enum(['branch', 'regenerated', 'edited', 'compacted'])
    .nullable()
    .describe('What the conversation did here other than go on.'),
  cacheBreak: z
    .object({
      message: z.number().int().nullable().describe('Index of the first message that changed; null: none did.'),
      what: text.describe('What changed, in words.'),
      costNano: nano.nullable().describe('What reading afresh cost more than the cache would have.'),
    })
    .nullable()
    .describe('Where the prompt cache stopped to serve this conversation.'),
  key: text.nullable(),
  team: text.nullable(),
  user: text.nullable(),
  tags: z.record(text, text),
  credential: text.nullable().describe('HMAC of the provider credential with its last four characters.'),
  app: text.nullable(),
  clientIp: text.nullable(),
  requestId: text.nullable(),
  responseId: text.nullable(),
  auxiliary: z.boolean().describe('Housekeeping that is no generation, such as a model list.'),
  attempts: z.array(attempt),
  changes: z.array(change).describe('What Weir altered on the wire, and why.'),
  findings: z.array(text),
  traceId: text.nullable(),
  spanId: text.nullable(),
  requestBytes: z.number().int(),
  responseBytes: z.number().int(),
  events: z.number().int().nullable(),
  requestSha256: text.nullable(),
  responseSha256: text.nullable(),
  truncated: z.boolean(),
  capture: z.enum(['full', 'metadata', 'off']),
  decodeError: text.nullable(),
  hint: text.nullable(),
  feedback: z.unknown(),
})

export const call = fields.openapi('Call') satisfies z.ZodType<Call>
