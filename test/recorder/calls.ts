/** Calls as the gateway journals them, for tests and for the processes that tests start (so there is no vitest in here). */
import { join } from 'node:path'
import { v7 } from 'uuid'
import { createJournal } from '../../server/journal/append.ts'
import type { AttemptMeta, EndMeta, Journal, StartMeta } from '../../server/journal/entry.ts'
import type { RecorderOptions } from '../../server/recorder/messages.ts'

const MIB = 1024 * 1024

export const openJournal = async (dataDir: string, wake = new SharedArrayBuffer(4)): Promise<Journal> =>
  createJournal({
    dir: join(dataDir, 'journal'),
    segmentBytes: 4 * MIB,
    maxBytes: 1024 * MIB,
    fsync: 'off',
    onFull: 'shed_bodies',
    wake,
  })

export const recorderOptions = (dataDir: string, wake = new SharedArrayBuffer(4)): RecorderOptions => ({
  dataDir,
  database: 'sqlite',
  wake,
  retention: { contentMs: null, callsMs: null, maxBytes: null },
  capture: { maxBytes: 8 * MIB },
  prices: { overrides: [], aliases: {} },
  providers: [
    { name: 'openai', dialects: ['openai-chat'], priceId: 'openai', billing: 'metered', local: false },
    { name: 'anthropic', dialects: ['anthropic-messages'], priceId: 'anthropic', billing: 'metered', local: false },
    { name: 'ollama', dialects: ['openai-chat'], priceId: null, billing: 'free', local: true },
  ],
})

export const start = (change: Partial<StartMeta> = {}): StartMeta => ({
  startedAt: Date.now(),
  provider: 'openai',
  dialect: 'openai-chat',
  operation: 'chat',
  auxiliary: false,
  model: 'gpt-4o-mini',
  stream: false,
  target: 'openai',
  route: null,
  method: 'POST',
  path: '/openai/v1/chat/completions',
  upstreamPath: '/v1/chat/completions',
  headers: ['Content-Type', 'application/json', 'User-Agent', 'OpenAI/JS 7.57.0'],
  httpVersion: '1.1',
  key: null,
  team: null,
  user: null,
  tags: {},
  session: null,
  parent: null,
  credential: null,
  billing: null,
  cache: 'off',
  capture: 'full',
  clientIp: null,
  socket: null,
  ...change,
})

export const attempt = (change: Partial<AttemptMeta> = {}): AttemptMeta => ({
  n: 1,
  target: 'openai',
  startedAt: Date.now(),
  atMs: 1,
  connectMs: 2,
  headersMs: 20,
  status: 200,
  statusMessage: 'OK',
  headers: ['Content-Type', 'application/json', 'x-request-id', 'req_1'],
  error: null,
  reason: null,
  ...change,
})

export const end = (change: Partial<EndMeta> = {}): EndMeta => ({
  outcome: 'ok',
  status: 200,
  errorCode: null,
  errorMessage: null,
  durationMs: 50,
  overheadMs: 0.2,
  requestBytes: 0,
  responseBytes: 0,
  requestSha256: null,
  responseSha256: null,
  truncated: false,
  changes: [],
  hint: null,
  trailers: null,
  ...change,
})

export interface Written {
  id?: string
  start?: Partial<StartMeta>
  attempts?: Partial<AttemptMeta>[]
  request?: string | Uint8Array | null
  /** Pieces, 10 ms apart, the first at 30 ms. */
  response?: (string | Uint8Array)[]
  /** null: the writer died. */
  end?: Partial<EndMeta> | null
  /** Only the first so many bytes of each body are captured. */
  keep?: number
}

/** Writes one call as the gateway does, and waits until it is in the journal. Answers its id. */
export const writeCall = async (journal: Journal, written: Written = {}): Promise<string> => {
  const id = written.id ?? v7()
  const { capture = 'full' } = written.start ?? {}
  const limit = capture === 'full' ? (written.keep ?? Infinity) : 0
  const sizes = { request: 0, response: 0 }
  const part = (direction: 'request' | 'response', data: string | Uint8Array, atMs: number) => {
    const bytes = Buffer.from(data)
    const kept = Math.max(0, Math.min(bytes.length, limit - sizes[direction]))
    sizes[direction] += bytes.length
    if (kept > 0) void journal.part(id, { direction, atMs, length: kept, bytes: bytes.subarray(0, kept) })
    if (kept < bytes.length) void journal.part(id, { direction, atMs, length: bytes.length - kept, bytes: null })
  }
  let last: Promise<boolean> = journal.start(id, start(written.start))
  if (written.request) part('request', written.request, 0.1)
  for (const [i, change] of (written.attempts ?? [{}]).entries())
    last = journal.attempt(id, attempt({ n: i + 1, ...change }))
  for (const [i, piece] of (written.response ?? []).entries()) part('response', piece, 30 + 10 * i)
  if (written.end !== null) {
    const truncated = sizes.request > limit || sizes.response > limit
    const bytes = {
      requestBytes: sizes.request,
      responseBytes: sizes.response,
      truncated: capture === 'full' && truncated,
    }
    last = journal.end(id, end({ ...bytes, ...written.end }))
  }
  await last
  return id
}

// ── bodies

export const chatRequest = (change: object = {}): string =>
  JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello to the weir.' }], ...change })

export const chatAnswer = (change: object = {}): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'gpt-4o-mini-2024-07-18',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello, weir.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 14, completion_tokens: 5, total_tokens: 19 },
    ...change,
  })

const chunk = (change: object) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-2', object: 'chat.completion.chunk', model: 'gpt-4o-mini-2024-07-18', choices: [], ...change })}\n\n`
const delta = (content: string) => chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })

/** A stream in pieces, as a provider sends it: role, three words, finish, usage, [DONE]. */
export const chatStream = {
  role: chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
  words: [delta('Hello'), delta(', '), delta('weir.')],
  finish: chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  usage: chunk({ usage: { prompt_tokens: 14, completion_tokens: 5, total_tokens: 19 } }),
  done: 'data: [DONE]\n\n',
  error: `data: ${JSON.stringify({ error: { message: 'The engine is overloaded', type: 'server_error', code: 'overloaded' } })}\n\n`,
}
export const streamAttempt = { headers: ['Content-Type', 'text/event-stream; charset=utf-8', 'x-request-id', 'req_2'] }
