// A provider that breaks off must never look like a clean end: each dialect has its own way to say so, and where there is none the
// connection is destroyed. The call says what happened, and keeps what had come.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatStream, type FakeProvider, messagesStream, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider()
  weir = await startWeir({ providers: { openai: provider, anthropic: provider, gemini: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const breakAfter = (text: string, headers: Record<string, string> = { 'content-type': 'text/event-stream' }) =>
  provider.answer((_, response) => {
    response.writeHead(200, headers)
    response.write(text, () => setImmediate(() => response.destroy()))
  })

const post = (path: string) =>
  fetch(weir.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"m","stream":true,"messages":[]}',
  })

test.each([
  [
    '/openai/v1/chat/completions',
    chatStream(['a', 'b']).slice(0, 2).join(''),
    /\n\ndata: \{"error":\{.*"upstream_reset".*\n\n$/s,
  ],
  [
    '/anthropic/v1/messages',
    messagesStream().slice(0, 4).join(''),
    /\n\nevent: error\ndata: \{"type":"error",.*\n\n$/s,
  ],
  [
    '/openai/v1/responses',
    'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1"}}\n\n',
    /\n\nevent: (?:response\.failed|error)\ndata: .*\n\n$/s,
  ],
])('%s: between two events the dialect’s own error event is appended', async (path, text, tail) => {
  breakAfter(text)
  const answer = await post(path)
  const got = await answer.text()
  expect(got.startsWith(text)).toBe(true)
  expect(got).toMatch(tail)
  const call = await weir.recorded(answer.headers.get('x-weir-call-id')!)
  expect(call).toMatchObject({ outcome: 'upstream_abort', errorCode: 'upstream_reset', status: 200 })
  expect(call.changes.map((change) => change.why)).toContain('the upstream broke off')
})

test('in the middle of an event nothing can be said: the connection is destroyed', async () => {
  breakAfter(`${chatStream(['a'])[0]}data: {"choices":[{"del`)
  const answer = await post('/openai/v1/chat/completions')
  await expect(answer.text()).rejects.toThrow()
  expect(await weir.recorded(answer.headers.get('x-weir-call-id')!)).toMatchObject({ outcome: 'upstream_abort' })
})

test('a whole answer that stays short of its length is destroyed, not ended', async () => {
  breakAfter('{"id":"chatcmpl', { 'content-type': 'application/json', 'content-length': '500' })
  const answer = await post('/openai/v1/chat/completions')
  await expect(answer.text()).rejects.toThrow()
  expect(await weir.recorded(answer.headers.get('x-weir-call-id')!)).toMatchObject({
    outcome: 'upstream_abort',
    responseBytes: 15,
  })
})

test('a reset before the headers is a 502 in the dialect’s shape', async () => {
  provider.answer((_, response) => response.destroy())
  const answer = await post('/anthropic/v1/messages')
  expect([answer.status, answer.headers.get('x-weir-error')]).toEqual([502, 'upstream_reset'])
  expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  const call = await weir.recorded(answer.headers.get('x-weir-call-id')!)
  expect(call).toMatchObject({ outcome: 'error', errorCode: 'upstream_reset', status: 502 })
})

test('a provider that is not there is a 502 that says where it was looked for', async () => {
  const lost = await startWeir({ providers: { openai: 'http://127.0.0.1:9' } })
  const answer = await fetch(`${lost.url}/openai/v1/models`)
  expect([answer.status, answer.headers.get('x-weir-error')]).toEqual([502, 'upstream_unreachable'])
  expect(((await answer.json()) as any).error.message).toContain('http://127.0.0.1:9')
  await lost.close()
})
