/**
 * The domain types: what a call is, wherever it is spoken of (journal, recorder, database, API, dashboard).
 * Types only, and no imports: everything else may import this file, it imports nothing.
 * Times are epoch milliseconds, durations milliseconds (fractions allowed), money integer nano-dollars (1e-9 USD).
 * Absent means unknown and is `null`; it is never 0.
 */

/** How a call ended. `running` is shown for calls that are not over yet and is never stored. */
export type Outcome =
  'running' | 'ok' | 'error' | 'client_abort' | 'upstream_abort' | 'timeout' | 'refused' | 'interrupted' | 'cache_hit'

/** Where the token counts come from: the provider's last word, a cut stream's last word so far, our tokenizer, or nowhere. */
export type UsageSource = 'provider' | 'partial' | 'estimated' | 'none'

/** How much of a call's content may touch the disk. */
export type Capture = 'full' | 'metadata' | 'off'

/** Who pays how: `costNano` is what will be billed under this mode, `listNano` the same usage at list price. */
export type Billing = 'metered' | 'subscription' | 'committed' | 'free'

export type CacheState = 'off' | 'miss' | 'hit' | 'refresh' | 'bypass'

/**
 * Disjoint counts: no token is in two buckets, totals are derived. A bucket that the provider did not speak of is absent.
 * `input` is uncached text, `output` is visible text; units after the line are not tokens.
 */
export interface Usage {
  input?: number
  cacheRead?: number
  cacheWrite?: number
  cacheWrite1h?: number
  output?: number
  reasoning?: number
  audioInput?: number
  audioCacheRead?: number
  audioOutput?: number
  imageInput?: number
  imageOutput?: number
  videoInput?: number
  // ── units, not tokens
  webSearches?: number
  seconds?: number
  characters?: number
  images?: number
  requests?: number
}
export type Bucket = keyof Usage

/** One priced bucket: `quantity` × `unitNano` = `costNano`, rounded half-even. `unitNano` null: this bucket has no known price. */
export interface CostPart {
  bucket: Bucket
  quantity: number
  /** Nano-dollars for one token or unit; may have a fraction (a price of $0.15 per million is 150 nano-dollars a token). */
  unitNano: number | null
  costNano: number | null
}

/** Something that Weir altered on the wire, with the setting or header that asked for it. */
export interface Change {
  what: string
  why: string
}

/** One upstream try. */
export interface Attempt {
  /** 1, 2, … in the order of trying. */
  n: number
  /** `provider` or `provider/model`, as a route or an address names it. */
  target: string
  status: number | null
  startedAt: number
  durationMs: number | null
  connectMs: number | null
  headersMs: number | null
  error: string | null
  usage: Usage | null
  costNano: number | null
  /** Why this target was chosen or given up, in words. */
  reason: string | null
}

/**
 * `branch`: goes on from an answer that another call went on from before · `regenerated`: the same question again after its answer ·
 * `edited`: an earlier message was changed · `compacted`: the history was replaced by a summary of it.
 */
export type Mark = 'branch' | 'regenerated' | 'edited' | 'compacted'

/** A prompt cache that had served a conversation and did not serve its next turn. */
export interface CacheBreak {
  /** Index into the request's messages of the first one that changed; null: none did (the entry had expired, or the tools changed). */
  message: number | null
  /** What changed, in words. */
  what: string
  /** What the tokens read afresh cost more than they would have from the cache; null: the prices are not known. */
  costNano: number | null
}

/** The call as API, export and webhooks give it: one shape everywhere. */
export interface Call {
  /** UUIDv7, also in the `x-weir-call-id` header of the answer. */
  id: string
  startedAt: number
  durationMs: number | null
  /** From the call's start to the first event that carried content; null when the answer was not a stream. */
  firstTokenMs: number | null
  /** What Weir itself added: from the request's first byte to the upstream request, and from upstream headers to client headers. */
  overheadMs: number | null

  provider: string | null
  dialect: string | null
  operation: string | null
  /** The model that was asked for. */
  model: string | null
  /** The model that the provider says it answered with. */
  responseModel: string | null
  target: string | null
  route: string | null
  method: string
  /** The raw request target as received, with credentials masked. */
  path: string
  stream: boolean | null
  status: number | null

  outcome: Outcome
  errorCode: string | null
  errorMessage: string | null
  finishReason: string | null
  /** Names of the tools that the answer called, in order. */
  toolCalls: string[]
  /** Names of the tools that the request offered. */
  tools: string[]
  /** One line for lists: the last thing said, from the answer if there is one, else from the request. */
  preview: string | null

  usage: Usage | null
  usageSource: UsageSource
  /** The provider's own usage JSON, as it came. */
  usageRaw: unknown
  /** What will be billed. null: unpriced or partly priced, never 0 for want of knowing. */
  costNano: number | null
  listNano: number | null
  billing: Billing
  costParts: CostPart[] | null
  /** Where the prices come from, such as `genai-prices 0.1.8 (2026-11-20)` or `override weir.yaml`. */
  costSource: string | null
  /** `provider/model` whose price was used. */
  pricedAs: string | null

  cache: CacheState
  /** What a hit would have cost; null: unknown, or no hit. */
  savedNano: number | null
  /** How much sooner a hit was answered than the call before it. */
  savedMs: number | null
  /** Id of the call whose answer this one got. */
  cachedFrom: string | null
  /** Why it was a miss, or was not looked for, in words. */
  cacheWhy: string | null
  sessionId: string | null
  /** Which rule found the session, such as `header x-weir-session` or `metadata.user_id`. */
  sessionSource: string | null
  parentId: string | null
  lane: string | null
  /** Which turn of its lane, from 1; a repeated try has the number of the first. */
  turn: number | null
  /** Index of the first message of the request that its session had not seen; null: the request could not be read. */
  newFrom: number | null
  /** What the conversation did here other than go on. */
  mark: Mark | null
  /** Where the provider's prompt cache stopped to serve this conversation. */
  cacheBreak: CacheBreak | null

  key: string | null
  team: string | null
  user: string | null
  tags: Record<string, string>
  /** HMAC of the provider credential, with its last four characters: `3f9c…a2e1`. Never the credential. */
  credential: string | null
  app: string | null
  clientIp: string | null
  /** The provider's own request id, from its response headers. */
  requestId: string | null
  /** The id inside the answer (`resp_…`, `msg_…`, `chatcmpl-…`). */
  responseId: string | null
  auxiliary: boolean

  attempts: Attempt[]
  changes: Change[]
  findings: string[]
  traceId: string | null
  spanId: string | null

  requestBytes: number
  responseBytes: number
  /** Number of stream events in the answer; null when it was not a stream. */
  events: number | null
  requestSha256: string | null
  responseSha256: string | null
  truncated: boolean
  /** `full`: both bodies are kept byte-exact; otherwise they are not there. */
  capture: Capture
  /** The recorder could not read this call's content: why. The raw bytes are kept. */
  decodeError: string | null
  /** The base URL that would have worked, when the path looks like a doubled or missing `/v1`. */
  hint: string | null
  feedback: unknown
}
