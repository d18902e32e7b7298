// Where the token counts come from is written beside them: the provider's last word, a cut stream's last word so far, an estimate,
// or nowhere. What is unknown is null.
import { expect, test } from 'vitest'
import {
  chatRequest,
  chatStream,
  openJournal,
  recorderOptions,
  streamAttempt,
  writeCall,
  type Written,
} from './calls.ts'
import { startTestRecorder, temporaryFolder } from './support.ts'

async function record(...written: Written[]) {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  for (const call of written) await writeCall(journal, call)
  await journal.close()
  const recorder = startTestRecorder(recorderOptions(dataDir))
  const calls = await recorder.recorded(written.length)
  await recorder.stop()
  return calls
}

const { role, words, finish, done } = chatStream
const stream: Written = { start: { stream: true }, attempts: [streamAttempt], request: chatRequest({ stream: true }) }
const sse = (event: string, data: object) => `event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`

test('a stream that says nothing of usage is estimated, priced and labelled', async () => {
  const [call] = await record({ ...stream, response: [role, ...words, finish, done] })
  expect(call).toMatchObject({ usageSource: 'estimated', outcome: 'ok', usageRaw: null })
  // "Hello, weir." is 4 tokens; the question 7 and what is around it.
  expect(call?.usage?.output).toBeGreaterThanOrEqual(3)
  expect(call?.usage?.output).toBeLessThanOrEqual(6)
  expect(call?.usage?.input).toBeGreaterThanOrEqual(8)
  expect(call?.usage?.input).toBeLessThanOrEqual(20)
  expect(call?.costNano).toBe((call?.usage?.input ?? NaN) * 150 + (call?.usage?.output ?? NaN) * 600)
})

test('a client that left: what was received is estimated; before the first word only the question', async () => {
  const [some, none] = await record(
    { ...stream, response: [role, ...words], end: { outcome: 'client_abort' } },
    { ...stream, response: [], end: { outcome: 'client_abort' } },
  )
  expect(some).toMatchObject({ usageSource: 'estimated', outcome: 'client_abort' })
  expect(some?.usage?.output).toBeGreaterThan(0)
  expect(none).toMatchObject({ usageSource: 'estimated', usage: { input: some?.usage?.input, output: 0 } })
})

test('a cut stream that had said something of usage is partial', async () => {
  const usage = { input_tokens: 20, cache_read_input_tokens: 100, output_tokens: 1 }
  const message = { id: 'msg_1', role: 'assistant', model: 'claude-sonnet-4-5', content: [], usage }
  const [call] = await record({
    start: { provider: 'anthropic', dialect: 'anthropic-messages', stream: true, model: 'claude-sonnet-4-5' },
    attempts: [streamAttempt],
    request: JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
    response: [
      sse('message_start', { message }),
      sse('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      sse('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hel' } }),
    ],
    end: { outcome: 'upstream_abort' },
  })
  expect(call).toMatchObject({ usageSource: 'partial', usage: { input: 20, cacheRead: 100 }, responseId: 'msg_1' })
})

test('errors, refusals, housekeeping and calls that no answer began for have no usage and no cost', async () => {
  const calls = await record(
    {
      ...stream,
      attempts: [{ status: 500 }],
      response: ['{"error":{"message":"oops"}}'],
      end: { outcome: 'error', status: 500 },
    },
    { ...stream, attempts: [], response: [], end: { outcome: 'refused', status: 429 } },
    {
      ...stream,
      attempts: [{ status: null, headers: null }],
      response: [],
      end: { outcome: 'client_abort', status: null },
    },
    {
      start: { auxiliary: true, operation: 'models', method: 'GET', model: null },
      request: null,
      response: ['{"object":"list","data":[]}'],
    },
  )
  for (const call of calls)
    expect(call).toMatchObject({ usage: null, usageSource: 'none', costNano: null, costParts: null })
})

test('a model that nobody prices costs null, a local one 0', async () => {
  const [unknown, local] = await record(
    {
      ...stream,
      start: { stream: true, model: 'my-own-7b' },
      request: chatRequest({ model: 'my-own-7b' }),
      response: [words[0]!.replaceAll('gpt-4o-mini-2024-07-18', 'my-own-7b'), done],
    },
    { ...stream, start: { stream: true, provider: 'ollama' }, response: [...words, done] },
  )
  expect(unknown).toMatchObject({ costNano: null, listNano: null, pricedAs: null, usageSource: 'estimated' })
  expect(local).toMatchObject({ costNano: 0, billing: 'free' })
})
