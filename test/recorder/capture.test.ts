// Capture below `full` is a promise: no byte of content reaches the disk, in any file, while tokens, cost, tool names and session
// stay complete. What a crash takes with it is said to be unknown.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Capture } from '../../server/call.ts'
import type { Direction, Journal } from '../../server/journal/entry.ts'
import { chatRequest, openJournal, recorderOptions, streamAttempt, writeCall, type Written } from './calls.ts'
import { query, startTestRecorder, temporaryFolder, type TestRecorder } from './support.ts'
import { v7 } from 'uuid'

const CANARY = 'canary-phrase-quite-yellow'

/** Files of the folder that hold the phrase. By a process of its own: opening lock files here would lose our locks. */
const filesWith = (phrase: string, dataDir: string): string[] => {
  try {
    return execFileSync('grep', ['-rlaF', phrase, dataDir], { encoding: 'utf8' }).trim().split('\n')
  } catch (error) {
    if ((error as { status?: number }).status === 1) return []
    throw error
  }
}

const startBoth = async (dataDir: string) => {
  const wake = new SharedArrayBuffer(4)
  return { journal: await openJournal(dataDir, wake), recorder: startTestRecorder(recorderOptions(dataDir, wake)) }
}

/** As the gateway does: the content goes by message before the journal hears of its length. */
const writeHidden = async (journal: Journal, recorder: TestRecorder | null, written: Written): Promise<string> => {
  const id = v7()
  const send = (direction: Direction, data: string | Uint8Array) =>
    recorder?.send({ type: 'body', callId: id, direction, bytes: new Uint8Array(Buffer.from(data)) })
  if (written.request) send('request', written.request)
  for (const piece of written.response ?? []) send('response', piece)
  return writeCall(journal, { ...written, id })
}

const request = chatRequest({
  stream: true,
  user: 'ann',
  metadata: { session_id: 's-7', note: CANARY },
  messages: [{ role: 'user', content: CANARY }],
  tools: [{ type: 'function', function: { name: 'look_up', description: CANARY, parameters: {} } }],
})
const data = (value: object) => `data: ${JSON.stringify({ id: 'chatcmpl-9', model: 'gpt-4o-mini', ...value })}\n\n`
const call = {
  index: 0,
  id: 'call_1',
  type: 'function',
  function: { name: 'look_up', arguments: JSON.stringify({ q: CANARY }) },
}
const response = [
  data({ choices: [{ index: 0, delta: { role: 'assistant', content: CANARY } }] }),
  data({ choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: 'tool_calls' }] }),
  data({ choices: [], usage: { prompt_tokens: 30, completion_tokens: 12 } }) + 'data: [DONE]\n\n',
]
const hidden = (capture: Capture): Written => ({
  start: { capture, stream: true },
  attempts: [streamAttempt],
  request,
  response,
})

test.each<Capture>(['metadata', 'off'])('%s: the facts are complete, the phrase is nowhere', async (capture) => {
  const dataDir = temporaryFolder()
  const { journal, recorder } = await startBoth(dataDir)
  await recorder.heard(({ type }) => type === 'ready')
  await writeHidden(journal, recorder, hidden(capture))
  const [row] = await recorder.recorded(1)
  expect(row).toMatchObject({
    capture,
    outcome: 'ok',
    usage: { input: 30, output: 12 },
    usageSource: 'provider',
    costNano: 30 * 150 + 12 * 600,
    tools: ['look_up'],
    toolCalls: ['look_up'],
    sessionId: 's-7',
    user: 'ann',
    finishReason: 'tool_calls',
    firstTokenMs: 30,
    preview: null,
    truncated: false,
    decodeError: null,
    tags: {},
  })
  await journal.close()
  await recorder.stop()
  expect(filesWith(CANARY, dataDir)).toEqual([])
  expect(JSON.stringify(recorder.messages)).not.toContain(CANARY)
})

test('full is found by the same search: the test can fail', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  await writeCall(journal, hidden('full'))
  expect(filesWith(CANARY, dataDir)).toHaveLength(1)
  await journal.close()
})

test('a provider that quotes the prompt in its error, and an answer that cannot be read, tell nobody', async () => {
  const dataDir = temporaryFolder()
  const { journal, recorder } = await startBoth(dataDir)
  await recorder.heard(({ type }) => type === 'ready')
  const quoting = JSON.stringify({
    error: { message: `I will not discuss ${CANARY}`, type: 'invalid_request_error', code: `bad ${CANARY}` },
  })
  await writeHidden(journal, recorder, {
    start: { capture: 'metadata' },
    request,
    attempts: [{ status: 400, statusMessage: 'Bad Request' }],
    response: [quoting],
    end: { outcome: 'error', status: 400 },
  })
  await writeHidden(journal, recorder, {
    start: { capture: 'metadata' },
    request: `{"${CANARY}`,
    response: [`<p>${CANARY}`],
  })
  const [refused, broken] = await recorder.recorded(2)
  expect(refused).toMatchObject({ outcome: 'error', errorMessage: 'Bad Request', errorCode: 'provider_error' })
  expect(broken?.decodeError).toBe('a part of the content could not be read')
  await journal.close()
  await recorder.stop()
  expect(filesWith(CANARY, dataDir)).toEqual([])
})

test('after a crash the content is gone: without an end the call is interrupted, and usage unknown either way', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  const ended = await writeHidden(journal, null, hidden('metadata'))
  const open = await writeHidden(journal, null, { ...hidden('metadata'), end: null })
  await journal.close()
  const recorder = startTestRecorder(recorderOptions(dataDir))
  const calls = await recorder.recorded(2)
  expect(calls.find(({ id }) => id === ended)).toMatchObject({
    outcome: 'ok',
    usage: null,
    usageSource: 'none',
    costNano: null,
  })
  expect(calls.find(({ id }) => id === ended)?.decodeError).toMatch(/held in memory only/)
  expect(calls.find(({ id }) => id === open)).toMatchObject({
    outcome: 'interrupted',
    usage: null,
    usageSource: 'none',
  })
  await recorder.stop()
  expect(query(dataDir, 'select count(*) as n from calls')).toEqual([{ n: 2 }])
})

test('metadata keeps headers and times, off keeps neither', async () => {
  const dataDir = temporaryFolder()
  const { journal, recorder } = await startBoth(dataDir)
  await recorder.heard(({ type }) => type === 'ready')
  const ids = [
    await writeHidden(journal, recorder, hidden('metadata')),
    await writeHidden(journal, recorder, hidden('off')),
  ]
  await recorder.recorded(2)
  await journal.close()
  await recorder.stop()
  const kinds = (id: string) =>
    query<{ stored: string }>(
      dataDir,
      'select stored from payloads join calls on pk = call_pk where id = ?',
      id,
    ).flatMap(({ stored }) =>
      (JSON.parse(stored) as [kind: string, length: number][]).filter(([, length]) => length > 0).map(([kind]) => kind),
    )
  expect(kinds(ids[0]!).toSorted()).toEqual(['requestHeaders', 'responseHeaders', 'timing'])
  expect(kinds(ids[1]!)).toEqual([])
})
