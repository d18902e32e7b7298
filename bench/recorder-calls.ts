/** Calls for bench/recorder.ts, journalled as the gateway does: sizes and headers as an official SDK and its provider send them. */
import { join } from 'node:path'
import { v7 } from 'uuid'
import { createJournal } from '../server/journal/append.ts'
import type { AttemptMeta, EndMeta, Journal, StartMeta } from '../server/journal/entry.ts'
import { seeded, upTo } from '../test/support/random.ts'

/** 300 B asked and 400 B answered · 40 events in 10 pieces · 100 kB each way. */
export const KINDS = ['small', 'sse', 'large'] as const
export type CallKind = (typeof KINDS)[number]

const random = seeded(7)
const WORDS =
  'refund policy river water order ticket customer please answer invoice shipping delay credit card payment summer'.split(
    ' ',
  )
const pick = <T>(list: readonly T[]): T => list[upTo(random, list.length)] as T
const sentence = (words: number): string =>
  Array.from({ length: words }, () => `${pick(WORDS)}${upTo(random, 4) ? '' : upTo(random, 999)}`).join(' ')

export async function writeJournal(dataDir: string, kind: CallKind, calls: number): Promise<void> {
  const journal = await createJournal({
    dir: join(dataDir, 'journal'),
    segmentBytes: 64 * 1024 * 1024,
    maxBytes: 8 * 1024 * 1024 * 1024,
    fsync: 'off',
    onFull: 'refuse',
  })
  // Sixteen at a time, as under load: the entries of several calls lie between each other.
  for (let done = 0; done < calls; done += 16)
    await Promise.all(Array.from({ length: Math.min(16, calls - done) }, () => writeCall(journal, kind)))
  await journal.close()
}

async function writeCall(journal: Journal, kind: CallKind): Promise<void> {
  const callId = v7()
  const request = Buffer.from(toRequest(kind))
  const pieces = toAnswer(kind)
  const startedAt = Date.now()
  void journal.start(callId, toStart(startedAt, kind, request.length))
  await journal.part(callId, { direction: 'request', atMs: 0.2, length: request.length, bytes: request })
  void journal.attempt(callId, toAttempt(startedAt, kind))
  const last = pieces.map((bytes, i) =>
    journal.part(callId, { direction: 'response', atMs: 300 + 20 * i, length: bytes.length, bytes }),
  )
  if (kind === 'sse') await last.at(-1)
  await journal.end(callId, toEnd(request.length, pieces))
}

function toRequest(kind: CallKind): string {
  const content = sentence(kind === 'large' ? 13_500 : 25)
  const messages = [
    { role: 'system', content: 'You are helpful.' },
    { role: 'user', content },
  ]
  return JSON.stringify({ model: 'gpt-5-mini', messages, temperature: 0.2, stream: kind === 'sse' })
}

function toAnswer(kind: CallKind): Buffer[] {
  const id = `chatcmpl-${upTo(random, 1e9)}${upTo(random, 1e9)}`
  const head = { id, created: 1_760_000_000, model: 'gpt-5-mini-2025-08-07' }
  const usage = {
    prompt_tokens: 41,
    completion_tokens: 25,
    total_tokens: 66,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  }
  if (kind !== 'sse') {
    const message = { role: 'assistant', content: sentence(kind === 'large' ? 13_500 : 12) }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    return [Buffer.from(JSON.stringify({ ...head, object: 'chat.completion', choices, usage }))]
  }
  const event = (rest: object) =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', system_fingerprint: 'fp_1', ...rest })}\n\n`
  const delta = (change: object, finish: string | null = null) =>
    event({ choices: [{ index: 0, delta: change, logprobs: null, finish_reason: finish }] })
  const events = [
    delta({ role: 'assistant', content: '' }),
    ...Array.from({ length: 37 }, () => delta({ content: ` ${pick(WORDS)}` })),
    delta({}, 'stop'),
    `${event({ choices: [], usage })}data: [DONE]\n\n`,
  ]
  return Array.from({ length: 10 }, (_, i) => Buffer.from(events.slice(4 * i, 4 * i + 4).join('')))
}

const toStart = (startedAt: number, kind: CallKind, bytes: number): StartMeta => ({
  startedAt,
  provider: 'openai',
  dialect: 'openai-chat',
  operation: 'chat',
  auxiliary: false,
  model: 'gpt-5-mini',
  stream: kind === 'sse',
  target: 'openai',
  route: null,
  method: 'POST',
  path: '/openai/v1/chat/completions',
  upstreamPath: '/v1/chat/completions',
  headers: [
    ['Host', 'localhost:9347'],
    ['Connection', 'keep-alive'],
    ['Accept', 'application/json'],
    ['Content-Type', 'application/json'],
    ['User-Agent', 'OpenAI/JS 7.57.0'],
    ['X-Stainless-Lang', 'js'],
    ['X-Stainless-Runtime-Version', 'v24.21.0'],
    ['Authorization', 'Bearer …a2e1'],
    ['Accept-Encoding', 'gzip, deflate'],
    ['Content-Length', String(bytes)],
  ].flat(),
  httpVersion: '1.1',
  key: null,
  team: null,
  user: `user-${upTo(random, 5)}`,
  tags: { feature: 'search' },
  session: null,
  parent: null,
  credential: '3f9c0a11…a2e1',
  billing: null,
  cache: 'off',
  capture: 'full',
  clientIp: null,
  socket: null,
})

const toAttempt = (startedAt: number, kind: CallKind): AttemptMeta => ({
  n: 1,
  target: 'openai',
  startedAt: startedAt + 1,
  atMs: 0.4,
  connectMs: null,
  headersMs: 290 + upTo(random, 100),
  status: 200,
  statusMessage: 'OK',
  headers: [
    ['Date', 'Tue, 11 Nov 2025 12:00:00 GMT'],
    ['Content-Type', kind === 'sse' ? 'text/event-stream; charset=utf-8' : 'application/json'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'keep-alive'],
    ['openai-organization', 'weir-bench'],
    ['openai-processing-ms', String(upTo(random, 900))],
    ['openai-version', '2020-10-01'],
    ['x-ratelimit-limit-requests', '10000'],
    ['x-ratelimit-remaining-requests', String(upTo(random, 10_000))],
    ['x-request-id', `req_${upTo(random, 1e9)}${upTo(random, 1e9)}`],
    ['cf-cache-status', 'DYNAMIC'],
    ['CF-RAY', `${upTo(random, 1e9)}-FRA`],
  ].flat(),
  error: null,
  reason: null,
})

const toEnd = (requestBytes: number, pieces: Buffer[]): EndMeta => ({
  outcome: 'ok',
  status: 200,
  errorCode: null,
  errorMessage: null,
  durationMs: 300 + 20 * pieces.length + random(),
  overheadMs: 0.2,
  requestBytes,
  responseBytes: pieces.reduce((sum, { length }) => sum + length, 0),
  requestSha256: null,
  responseSha256: null,
  truncated: false,
  changes: [],
  hint: null,
  trailers: null,
})
