/** A case is a call with the bytes that went over the wire; what the page is given is read from them by the product's own dialects. */
import type { Attempt, Call } from '../../../server/call.ts'
import { dialectByName } from '../../../server/dialects/registry.ts'
import type { Conversation, RawBody, RawHeaders, StreamTimeline } from '../../../web/parts/call/loader.ts'

export interface Case {
  call: Call
  content: Conversation
  raw: { request: RawBody; response: RawBody }
  headers: RawHeaders
  timeline: StreamTimeline
  /** How often each question fails before it is answered. */
  fails: number
}

export interface Wire {
  dialect: string
  operation?: string
  path: string
  request: unknown
  /** The body, or the pieces that a stream came in, each with its arrival. */
  response: string | { atMs: number; text: string }[]
  responseType?: string
  call?: Partial<Call>
  content?: Partial<Conversation>
  headers?: Partial<RawHeaders>
  encoding?: string
  truncated?: boolean
  fails?: number
}

/** Half past one on a November Friday, so that pictures do not change. */
export const START = Date.UTC(2026, 10, 20, 13, 8, 57)

export const toCase = (wire: Wire): Case => {
  const dialect = dialectByName(wire.dialect)
  const operation = wire.operation ?? 'chat'
  const request =
    wire.request === null ? '' : typeof wire.request === 'string' ? wire.request : JSON.stringify(wire.request)
  const pieces = typeof wire.response === 'string' ? [{ atMs: 900, text: wire.response }] : wire.response
  const response = pieces.map((p) => p.text).join('')
  const streamed = typeof wire.response !== 'string'
  const contentType = wire.responseType ?? (streamed ? 'text/event-stream' : 'application/json')
  const reader = dialect.createReader({ operation, contentType })
  reader.push(new TextEncoder().encode(response))
  const answer = reader.end()
  const facts = request === '' ? null : dialect.readRequest(wire.request, { operation, path: wire.path })
  const requestBytes = new TextEncoder().encode(request).length
  const responseBytes = new TextEncoder().encode(response).length
  const call = toCall(wire, { operation, streamed, requestBytes, responseBytes })
  const body = (kind: 'request' | 'response', text: string, bytes: number): RawBody => ({
    text,
    bytes,
    contentType: kind === 'request' ? 'application/json' : contentType,
    contentEncoding: kind === 'response' ? (wire.encoding ?? null) : null,
    truncated: wire.truncated ?? false,
    href: `/case/${kind}.bin`,
  })
  return {
    call: {
      ...call,
      usage: answer.usage ?? call.usage,
      usageRaw: answer.usageRaw ?? null,
      finishReason: answer.finishReason,
      responseModel: answer.model,
      responseId: answer.id,
      events: answer.events,
      tools: facts?.tools.map((t) => t.name) ?? [],
      ...wire.call,
    },
    content: { request: facts, answer, problem: reader.problem, expired: false, ...wire.content },
    raw: { request: body('request', request, requestBytes), response: body('response', response, responseBytes) },
    headers: {
      request: [
        ['Host', '127.0.0.1:9347'],
        ['Authorization', 'Bearer ••••a2e1'],
        ['Content-Type', 'application/json'],
        ['User-Agent', 'OpenAI/JS 7.57.0'],
        ['X-Weir-Session', 'refund-7f2'],
        ['X-Odd', `it's "$HOME" \`id\``],
      ],
      response: [
        ['content-type', contentType],
        ['request-id', 'req_011CSHoEeqs5C35K2UUqR7Fy'],
        ['set-cookie', '__cf_bm=••••'],
        ['set-cookie', 'second=••••'],
        ['anthropic-ratelimit-requests-remaining', '3999'],
      ],
      ...wire.headers,
    },
    timeline: {
      pieces: pieces.map((p) => ({ atMs: p.atMs, bytes: new TextEncoder().encode(p.text).length })),
      firstTokenMs: call.firstTokenMs,
    },
    fails: wire.fails ?? 0,
  }
}

const toCall = (
  wire: Wire,
  {
    operation,
    streamed,
    requestBytes,
    responseBytes,
  }: { operation: string; streamed: boolean; requestBytes: number; responseBytes: number },
): Call => ({
  id: '01937c5a-8d21-7c3e-b6f4-2a9d51e0c7b8',
  startedAt: START,
  durationMs: 6800,
  firstTokenMs: streamed ? 620 : null,
  overheadMs: 0.41,
  provider: 'openai',
  dialect: wire.dialect,
  operation,
  model: 'gpt-5.1',
  responseModel: null,
  target: 'openai',
  route: null,
  method: 'POST',
  path: wire.path,
  stream: streamed,
  status: 200,
  outcome: 'ok',
  errorCode: null,
  errorMessage: null,
  finishReason: null,
  toolCalls: [],
  tools: [],
  preview: null,
  usage: null,
  usageSource: 'provider',
  usageRaw: null,
  costNano: null,
  listNano: null,
  billing: 'metered',
  costParts: null,
  costSource: 'genai-prices 2026-11-20',
  pricedAs: null,
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
  credential: '3f9c1b7e02d4…a2e1',
  app: null,
  clientIp: null,
  requestId: 'req_011CSHoEeqs5C35K2UUqR7Fy',
  responseId: null,
  auxiliary: false,
  attempts: [toAttempt({ target: 'openai' })],
  changes: [],
  findings: [],
  traceId: null,
  spanId: null,
  requestBytes,
  responseBytes,
  events: null,
  requestSha256: null,
  responseSha256: null,
  truncated: wire.truncated ?? false,
  capture: 'full',
  decodeError: null,
  hint: null,
  feedback: null,
})

export const toAttempt = (attempt: Partial<Attempt>): Attempt => ({
  n: 1,
  target: 'openai',
  status: 200,
  startedAt: START,
  durationMs: 6799,
  connectMs: 14,
  headersMs: 480,
  error: null,
  usage: null,
  costNano: null,
  reason: null,
  ...attempt,
})

/** Events in pieces of one, from `fromMs` on; a number in the list makes the stream stand still that long. */
export const toStream = (events: (string | number)[], fromMs = 610, everyMs = 40): { atMs: number; text: string }[] => {
  let at = fromMs
  return events.flatMap((event) => {
    if (typeof event === 'number') return ((at += event), [])
    at += everyMs * (0.6 + ((event.length * 7919) % 80) / 100)
    return [{ atMs: Math.round(at * 100) / 100, text: event }]
  })
}
export const sse = (data: unknown, event?: string) =>
  `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
/** A text in the bits that a model streams it in. */
export const bits = (text: string) => text.match(/\S+\s*|\s+/g) ?? []
