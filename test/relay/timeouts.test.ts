// Five deadlines, five codes. undici's own 300 s are off: a provider that thinks for long is silent for as long as the settings allow.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatStream, type FakeProvider, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider()
  weir = await startWeir({ providers: { openai: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const post = (headers: Record<string, string>, url = weir.url) =>
  fetch(`${url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"model":"m","stream":true,"messages":[]}',
  })

test('headers: silence after the request', async () => {
  provider.answer(() => {})
  const answer = await post({ 'x-weir-timeout-headers': '80ms' })
  expect([answer.status, answer.headers.get('x-weir-error')]).toEqual([504, 'timeout_headers'])
  expect(((await answer.json()) as any).error.message).toContain('x-weir-timeout-headers')
  expect(await weir.recorded(answer.headers.get('x-weir-call-id')!)).toMatchObject({
    outcome: 'timeout',
    errorCode: 'timeout_headers',
  })
  await provider.aborted
})

test('first event: headers, then nothing', async () => {
  provider.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
  })
  const answer = await post({ 'x-weir-timeout-first-event': '80' })
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain('timeout_first_event')
  expect(await weir.recorded(answer.headers.get('x-weir-call-id')!)).toMatchObject({
    outcome: 'timeout',
    errorCode: 'timeout_first_event',
  })
})

test('idle: silence in the middle', async () => {
  provider.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chatStream(['a'])[0])
  })
  const answer = await post({ 'x-weir-timeout-idle': '80ms' })
  expect(await answer.text()).toContain('timeout_idle')
  expect(await weir.recorded(answer.headers.get('x-weir-call-id')!)).toMatchObject({
    outcome: 'timeout',
    errorCode: 'timeout_idle',
  })
})

test('total: a stream that never ends', async () => {
  provider.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const timer = setInterval(() => response.write(': ping\n\n'), 10)
    response.on('close', () => clearInterval(timer))
  })
  const answer = await post({ 'x-weir-timeout-total': '150ms' })
  expect(await answer.text()).toContain('timeout_total')
})

test('connect: a host that takes the connection and never shakes hands', async () => {
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const lost = await startWeir({ providers: { openai: `https://127.0.0.1:${(silent.address() as AddressInfo).port}` } })
  const answer = await post({ 'x-weir-timeout-connect': '100ms' }, lost.url)
  expect([answer.status, answer.headers.get('x-weir-error')]).toEqual([504, 'timeout_connect'])
  await lost.close()
  silent.close()
})

test('a wish that is no time is refused, with the forms that are', async () => {
  const answer = await post({ 'x-weir-timeout-idle': 'soon' })
  expect([answer.status, answer.headers.get('x-weir-error')]).toEqual([400, 'bad_request'])
})
