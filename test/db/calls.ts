/** Calls for the database's tests: one with everything in place, and a seeded stream of varied ones. */
import type { Call, Outcome, Usage } from '../../server/call.ts'
import type { PayloadInput, RecordedCall } from '../../db/store.ts'

/** A small, fast generator with a seed (mulberry32): the same calls in every run. */
export const createRandom = (seed: number) => {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    below: (n: number) => Math.floor(next() * n),
    pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!,
  }
}
export type Random = ReturnType<typeof createRandom>

let serial = 0
/** A UUIDv7 for a time; a running number takes the place of chance, so that order is known. */
export const toId = (startedAt: number): string => {
  const time = Math.floor(startedAt).toString(16).padStart(12, '0')
  const tail = (++serial).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`
}

/** 2026-03-10T12:00:00Z */
export const NOON = Date.UTC(2026, 2, 10, 12)

export const toCall = (given: Partial<Call> = {}): Call => {
  const startedAt = given.startedAt ?? NOON
  return {
    id: toId(startedAt),
    startedAt,
    durationMs: 812.4,
    firstTokenMs: null,
    overheadMs: 0.31,
    provider: 'openai',
    dialect: 'openai-chat',
    operation: 'chat',
    model: 'gpt-5.1',
    responseModel: 'gpt-5.1-2025-11-13',
    target: 'openai',
    route: null,
    method: 'POST',
    path: '/openai/v1/chat/completions',
    stream: false,
    status: 200,
    outcome: 'ok',
    errorCode: null,
    errorMessage: null,
    finishReason: 'stop',
    toolCalls: [],
    tools: [],
    preview: 'The refund takes five days.',
    usage: { input: 41, cacheRead: 1024, output: 60, reasoning: 12 },
    usageSource: 'provider',
    usageRaw: { prompt_tokens: 1065, completion_tokens: 72 },
    costNano: 1_234_500,
    listNano: 1_234_500,
    billing: 'metered',
    costParts: [{ bucket: 'input', quantity: 41, unitNano: 1250, costNano: 51_250 }],
    costSource: 'genai-prices 0.1.8',
    pricedAs: 'openai/gpt-5.1',
    cache: 'off',
    savedNano: null,
    savedMs: null,
    cachedFrom: null,
    cacheWhy: null,
    sessionId: null,
    sessionSource: null,
    parentId: null,
    lane: null,
    turn: null,
    newFrom: null,
    mark: null,
    cacheBreak: null,
    key: null,
    team: null,
    user: null,
    tags: {},
    credential: '3f9c…a2e1',
    app: 'OpenAI/JS',
    clientIp: null,
    requestId: null,
    responseId: null,
    auxiliary: false,
    attempts: [
      {
        n: 1,
        target: 'openai',
        status: 200,
        startedAt,
        durationMs: 811.2,
        connectMs: 12.5,
        headersMs: 700.1,
        error: null,
        usage: null,
        costNano: null,
        reason: null,
      },
    ],
    changes: [],
    findings: [],
    traceId: null,
    spanId: null,
    requestBytes: 300,
    responseBytes: 400,
    events: null,
    requestSha256: null,
    responseSha256: null,
    truncated: false,
    capture: 'full',
    decodeError: null,
    hint: null,
    feedback: null,
    ...given,
  }
}

export const toPayload = (kind: PayloadInput['kind'], text: string): PayloadInput => ({
  kind,
  bytes: Buffer.from(text),
  contentType: 'application/json',
  contentEncoding: null,
})

export const toRecorded = (call: Partial<Call> = {}, searchText = '', payloads: PayloadInput[] = []): RecordedCall => ({
  call: toCall(call),
  payloads,
  searchText,
})

const OUTCOMES: readonly Outcome[] = [
  'ok',
  'ok',
  'ok',
  'ok',
  'error',
  'client_abort',
  'upstream_abort',
  'timeout',
  'refused',
  'interrupted',
  'cache_hit',
]
const USERS = ['ann', 'bob', 'cem', '日本', null]
const MODELS = [
  ['openai', 'gpt-5.1', 'gpt-5.1-2025-11-13'],
  ['openai', 'gpt-5-mini', 'gpt-5-mini'],
  ['anthropic', 'claude-sonnet-4-5', 'claude-sonnet-4-5'],
  ['gemini', 'gemini-3-pro', null],
  ['ollama', null, null],
] as const

/** One call out of everything that can be the case, started in [from, to). */
export const randomCall = (random: Random, from: number, to: number): Call => {
  const [provider, model, responseModel] = random.pick(MODELS)
  const outcome = random.pick(OUTCOMES)
  const usage: Usage | null =
    random.next() < 0.2
      ? null
      : {
          input: random.below(2000),
          cacheRead: random.below(5000),
          output: random.below(900),
          ...(random.next() < 0.3 ? { reasoning: random.below(400) } : {}),
        }
  const stream = random.next() < 0.5
  const durationMs = random.next() < 0.03 ? null : Math.exp(random.next() * 8) * 5
  const priced = usage !== null && random.next() < 0.85
  const costNano = outcome === 'cache_hit' ? 0 : priced ? random.below(50_000_000) : null
  return toCall({
    startedAt: from + random.below(to - from),
    provider,
    model,
    responseModel,
    outcome,
    stream,
    durationMs,
    firstTokenMs: stream && durationMs !== null && random.next() < 0.9 ? durationMs * random.next() : null,
    status: outcome === 'ok' ? 200 : random.pick([200, 400, 429, 500, 502, 504, null]),
    usage,
    usageSource: usage === null ? 'none' : random.pick(['provider', 'provider', 'partial', 'estimated']),
    costNano,
    listNano: costNano,
    savedNano: outcome === 'cache_hit' ? random.below(1_000_000) : null,
    key: random.pick(['web', 'batch', null]),
    team: random.pick(['red', 'blue', null]),
    user: random.pick(USERS),
    app: random.pick(['OpenAI/JS', 'curl', null]),
    tags: random.next() < 0.5 ? { feature: random.pick(['search', 'chat', 'größe']), env: 'prod' } : {},
    auxiliary: random.next() < 0.08,
  })
}
