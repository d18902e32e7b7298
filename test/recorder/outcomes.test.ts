// Each way in which a call can end stands in its row, with what was known by then.
import { expect, test } from 'vitest'
import {
  chatAnswer,
  chatRequest,
  chatStream,
  openJournal,
  recorderOptions,
  streamAttempt,
  writeCall,
  type Written,
} from './calls.ts'
import { query, startTestRecorder, temporaryFolder } from './support.ts'

async function record(...written: Written[]) {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  const ids: string[] = []
  for (const call of written) ids.push(await writeCall(journal, call))
  await journal.close()
  const recorder = startTestRecorder(recorderOptions(dataDir))
  const calls = await recorder.recorded(written.length)
  await recorder.stop()
  return { dataDir, recorder, calls: ids.map((id) => calls.find((call) => call.id === id)!) }
}

const { role, words, finish, usage, done, error } = chatStream
const asked = chatRequest()

test('a whole answer: model, words, tokens, money, session, client and provider ids', async () => {
  const session = { id: 's-1', source: 'header x-weir-session' }
  const { dataDir, calls, recorder } = await record({
    start: { session, user: 'ann', tags: { feature: 'search' }, key: 'admin' },
    request: asked,
    response: [chatAnswer()],
  })
  expect(calls[0]).toMatchObject({
    outcome: 'ok',
    status: 200,
    model: 'gpt-4o-mini',
    responseModel: 'gpt-4o-mini-2024-07-18',
    responseId: 'chatcmpl-1',
    requestId: 'req_1',
    finishReason: 'stop',
    preview: 'Hello, weir.',
    usageSource: 'provider',
    usage: { input: 14, output: 5 },
    // $0.15 and $0.60 per million
    costNano: 14 * 150 + 5 * 600,
    listNano: 14 * 150 + 5 * 600,
    billing: 'metered',
    durationMs: 50,
    firstTokenMs: null,
    events: null,
    sessionId: 's-1',
    sessionSource: 'header x-weir-session',
    user: 'ann',
    tags: { feature: 'search' },
    requestBytes: asked.length,
    responseBytes: chatAnswer().length,
    truncated: false,
    decodeError: null,
  })
  expect(query(dataDir, 'select id, outcome, cost_nano, session_id from calls')).toEqual([
    { id: calls[0]!.id, outcome: 'ok', cost_nano: 5100, session_id: 's-1' },
  ])
  expect(recorder.status()).toMatchObject({ callsRecorded: 1, behindMs: 0, problem: null })
})

test('a stream: first token is the first event with content, not the first event', async () => {
  const { calls } = await record({
    start: { stream: true },
    attempts: [streamAttempt],
    request: chatRequest({ stream: true }),
    response: [role, words[0]!, words[1]!, words[2]! + finish, usage, done],
  })
  expect(calls[0]).toMatchObject({
    outcome: 'ok',
    firstTokenMs: 40,
    events: 7,
    usage: { input: 14, output: 5 },
    usageSource: 'provider',
    preview: 'Hello, weir.',
  })
})

test('a refusal, a cache hit, a timeout, a client that left, an upstream that broke off', async () => {
  const { calls } = await record(
    {
      attempts: [],
      request: asked,
      response: ['{"error":{"message":"slow down"}}'],
      end: { outcome: 'refused', status: 429, errorCode: 'rate_limited', errorMessage: 'slow down' },
    },
    { start: { cache: 'hit' }, attempts: [], request: asked, end: { outcome: 'cache_hit' } },
    {
      attempts: [
        { status: null, headers: null, error: { code: 'timeout_connect', message: 'no connection within 10 s' } },
      ],
      request: asked,
      response: ['{"error":{"message":"no connection within 10 s"}}'],
      end: { outcome: 'timeout', status: 504, errorCode: 'timeout_connect', errorMessage: 'no connection within 10 s' },
    },
    {
      start: { stream: true },
      attempts: [streamAttempt],
      request: asked,
      response: [role, ...words],
      end: { outcome: 'client_abort' },
    },
    {
      start: { stream: true },
      attempts: [streamAttempt],
      request: asked,
      response: [role, words[0]!],
      end: { outcome: 'upstream_abort', errorCode: 'upstream_reset', errorMessage: 'connection reset' },
    },
  )
  expect(calls.map(({ outcome, status, errorCode }) => [outcome, status, errorCode])).toEqual([
    ['refused', 429, 'rate_limited'],
    ['cache_hit', 200, null],
    ['timeout', 504, 'timeout_connect'],
    ['client_abort', 200, null],
    ['upstream_abort', 200, 'upstream_reset'],
  ])
  expect(calls[0]).toMatchObject({ attempts: [], usage: null, usageSource: 'none', costNano: null })
  expect(calls[1]).toMatchObject({ costNano: 0 })
  expect(calls[2]?.attempts).toMatchObject([{ status: null, error: 'no connection within 10 s', usage: null }])
})

test('an error answer and an error inside a 200 stream are errors, in the words of the provider', async () => {
  const { calls } = await record(
    {
      attempts: [{ status: 429, statusMessage: 'Too Many Requests' }],
      request: asked,
      response: [
        JSON.stringify({ error: { message: 'Rate limit reached', type: 'tokens', code: 'rate_limit_exceeded' } }),
      ],
      end: { outcome: 'error', status: 429 },
    },
    { start: { stream: true }, attempts: [streamAttempt], request: asked, response: [role, error] },
  )
  expect(calls[0]).toMatchObject({
    outcome: 'error',
    errorCode: 'rate_limit_exceeded',
    errorMessage: 'Rate limit reached',
  })
  expect(calls[1]).toMatchObject({ outcome: 'error', status: 200, errorMessage: 'The engine is overloaded' })
})

test('several attempts: only the last one used and cost something, and attempts add up to the call', async () => {
  const { calls } = await record({
    attempts: [
      { target: 'anthropic', status: 529, atMs: 1, error: { code: 'overloaded', message: 'Overloaded' } },
      { target: 'openai', status: 200, atMs: 21 },
    ],
    request: asked,
    response: [chatAnswer()],
  })
  const { attempts, costNano, target } = calls[0]!
  expect(target).toBe('openai')
  expect(attempts.map(({ n, durationMs, costNano }) => [n, durationMs, costNano])).toEqual([
    [1, 20, null],
    [2, 29, 5100],
  ])
  expect(attempts.reduce((sum, attempt) => sum + (attempt.costNano ?? 0), 0)).toBe(costNano)
})

test('a writer that died: what may have been seen whole is complete, all else interrupted', async () => {
  const answer = chatAnswer()
  const { calls } = await record(
    {
      request: asked,
      attempts: [{ headers: ['Content-Type', 'application/json', 'Content-Length', `${answer.length}`] }],
      response: [answer],
      end: null,
    },
    {
      request: asked,
      attempts: [{ headers: ['Content-Type', 'application/json', 'Content-Length', `${answer.length + 1}`] }],
      response: [answer],
      end: null,
    },
    {
      start: { stream: true },
      request: asked,
      attempts: [streamAttempt],
      response: [role, ...words, finish, usage, done],
      end: null,
    },
    { start: { stream: true }, request: asked, attempts: [streamAttempt], response: [role, ...words], end: null },
    { request: asked, attempts: [], end: null },
  )
  expect(calls.map(({ outcome }) => outcome)).toEqual(['ok', 'interrupted', 'ok', 'interrupted', 'interrupted'])
  expect(calls[0]).toMatchObject({ usage: { input: 14, output: 5 }, durationMs: 30, responseBytes: answer.length })
  expect(calls[2]).toMatchObject({ usageSource: 'provider', events: 7 })
  expect(calls[3]).toMatchObject({ errorCode: 'interrupted', events: 4 })
})
