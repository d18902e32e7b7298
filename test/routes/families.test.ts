// Routes over Anthropic's and Gemini's dialects, at native addresses: the model in the body, or in the path.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messagesStream, sse, startProvider, stream, type FakeProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { callId, fails, TOKEN } from './house.ts'

let down: FakeProvider
let up: FakeProvider
let weir: TestWeir
beforeAll(async () => {
  ;[down, up] = await Promise.all([startProvider(fails(529)), startProvider()])
  const apiKey = 'sk-weir-0123456789'
  weir = await startWeir({
    config: {
      adminToken: TOKEN,
      providers: {
        anthropic: { baseUrl: down.url, apiKey },
        openrouter: { baseUrl: up.url, apiKey },
        gemini: { baseUrl: down.url, apiKey },
        mirror: { baseUrl: `${up.url}/google`, dialect: 'gemini', apiKey },
      },
      routes: {
        claude: { targets: ['anthropic/claude-x', 'openrouter/anthropic/claude-x'] },
        flash: { targets: ['gemini/gemini-a', 'mirror/gemini-b'] },
      },
    },
  })
})
afterAll(async () => {
  await weir.close()
  await Promise.all([down.close(), up.close()])
})

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(weir.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-weir-key': TOKEN, ...headers },
    body: JSON.stringify(body),
  })

test.each(['/v1/messages', '/anthropic/v1/messages'])('Anthropic’s dialect at %s', async (path) => {
  const early = `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'no' } })}\n\n`
  down.answer(stream([messagesStream()[0]!, early]))
  up.answer(stream(messagesStream(['Hi'])))
  const response = await post(`${path}?beta=true`, { model: 'claude', stream: true }, { 'x-weir-route': 'claude' })
  expect(await response.text()).toBe(messagesStream(['Hi']).join(''))
  expect(response.headers.get('x-weir-attempts')).toBe('2')
  expect(up.last()).toMatchObject({
    path: '/api/v1/messages?beta=true',
    json: { model: 'anthropic/claude-x', stream: true },
  })
  expect(await weir.recorded(callId(response))).toMatchObject({
    dialect: 'anthropic-messages',
    provider: 'openrouter',
    outcome: 'ok',
  })
})

test('Gemini’s dialect: the model is a part of the path', async () => {
  down.answer(fails(503))
  up.answer(stream([sse({ candidates: [{ content: { parts: [{ text: 'Hi' }] } }] })]))
  const response = await post(
    '/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    { contents: [] },
    { 'x-weir-route': 'flash' },
  )
  expect(await response.text()).toContain('Hi')
  expect(down.last().path).toBe('/v1beta/models/gemini-a:streamGenerateContent?alt=sse')
  expect(up.last().path).toBe('/google/v1beta/models/gemini-b:streamGenerateContent?alt=sse')
  expect(up.last().text).toBe('{"contents":[]}')
  expect(await weir.recorded(callId(response))).toMatchObject({ provider: 'mirror', model: 'gemini-b', route: 'flash' })
})

test('a request in another language than the route’s is refused in words', async () => {
  const response = await post('/v1/chat/completions', { model: 'flash' })
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('the targets of the route flash speak')
})
