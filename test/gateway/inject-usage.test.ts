// usage.inject asks a stream for its token counts and takes the extra event out again: the client must not be able to tell, except
// by `changes`, and a provider that refuses the question is asked again without it.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chatStream, type FakeProvider, json, startProvider, stream } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir
const BODY = '{"model":"gpt-5-mini","stream":true,"messages":[{"role":"user","content":"hi"}] }'

beforeEach(async () => {
  provider = await startProvider()
  weir = await startWeir({
    providers: { openai: provider },
    config: { providers: { openai: { usage: { inject: 'on' } } } },
  })
})
afterEach(async () => {
  await weir.close()
  await provider.close()
})

const post = (body = BODY) =>
  fetch(`${weir.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })

test.each([1, 7, 10_000])(
  'the usage event is asked for, recorded, and not seen by the client (pieces of %i bytes)',
  async (size) => {
    const text = chatStream(['Hel', 'lo'], { usage: true }).join('')
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
    provider.answer(stream(pieces))
    const answer = await post()
    expect(await answer.text()).toBe(chatStream(['Hel', 'lo']).join(''))
    expect(provider.last().text).toBe(
      '{"model":"gpt-5-mini","stream":true,"messages":[{"role":"user","content":"hi"}] ,"stream_options":{"include_usage":true}}',
    )
    const call = await weir.recorded(answer.headers.get('x-weir-call-id')!)
    expect(call).toMatchObject({ usageSource: 'provider', usage: { input: 12, output: 2 } })
    expect(call.changes).toHaveLength(1)
  },
)

test('a client that asks for usage itself gets it, untouched', async () => {
  const body = '{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]}'
  const text = chatStream(['x'], { usage: true }).join('')
  provider.answer(stream([text]))
  expect(await (await post(body)).text()).toBe(text)
  expect(provider.last().text).toBe(body)
})

test('a provider that refuses stream_options is asked again without it', async () => {
  provider.answer((request, response, incoming) =>
    request.text.includes('stream_options')
      ? json({ error: { message: 'Unknown field stream_options' } }, { status: 400 })(request, response, incoming)
      : stream(chatStream(['ok']))(request, response, incoming),
  )
  const answer = await post()
  expect([answer.status, await answer.text()]).toEqual([200, chatStream(['ok']).join('')])
  expect(provider.last().text).toBe(BODY)
  const call = await weir.recorded(answer.headers.get('x-weir-call-id')!)
  expect(call.attempts.map((attempt) => attempt.status)).toEqual([400, 200])
  expect(call.usageSource).toBe('estimated')

  const asked = provider.requests.length
  await (await post()).text()
  expect(provider.requests.length).toBe(asked + 1)
  expect(provider.last().text).toBe(BODY)
})

test('a provider that breaks off is not asked again: that was not the question’s fault', async () => {
  provider.answer((_, response) => response.destroy())
  const answer = await post()
  expect([answer.status, provider.requests.length]).toEqual([502, 1])
})

test('a 400 that is about something else still reaches the client, and is not asked twice', async () => {
  provider.answer(json({ error: { message: 'model not found' } }, { status: 400 }))
  const answer = await post()
  expect([answer.status, await answer.json()]).toEqual([400, { error: { message: 'model not found' } }])
  expect(provider.requests).toHaveLength(1)
})
