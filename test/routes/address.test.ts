// How a route is asked for, and what goes on the wire: by model name, by x-weir-route, at a provider's own address.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callId, fails, type House, ok, openHouse, TOKEN } from './house.ts'

let house: House
beforeAll(async () => void (house = await openHouse()))
afterAll(() => house.close())

const post = (path: string, body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(house.weir.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-weir-key': TOKEN, ...headers },
    body,
  })

test('the model is spliced for each target; the rest of the body stays as it was written', async () => {
  house.setUp({ answers: [fails(500), ok()] })
  await post('/v1/chat/completions', '{ "a": 1.0, "model" : "fast" , "messages":[] }')
  expect(house.fakes.map(({ requests }) => requests[0]?.text)).toEqual([
    `{ "a": 1.0, "model" : "${house.model('a')}" , "messages":[] }`,
    `{ "a": 1.0, "model" : "${house.model('b')}" , "messages":[] }`,
    undefined,
  ])
})

test('x-weir-route keeps the client’s model where the target names none, and adds one where the body has none', async () => {
  house.setUp({ answers: [ok()], route: { targets: ['a'] } })
  await post('/v1/chat/completions', '{"model":"mine","messages":[]}', { 'x-weir-route': 'fast' })
  expect(house.fakes[0]!.last().text).toBe('{"model":"mine","messages":[]}')
  expect(house.fakes[0]!.last().headers['x-weir-route']).toBeUndefined()
  house.setUp({ answers: [ok()] })
  await post('/v1/chat/completions', '{"messages":[]}', { 'x-weir-route': 'fast' })
  expect(house.fakes[0]!.last().text).toBe(`{"messages":[],"model":"${house.model('a')}"}`)
})

test('at a provider’s own address, to providers whose API lives elsewhere; packed bodies are opened', async () => {
  house.setUp({
    answers: [fails(503)],
    route: { targets: ['a/m-a', 'groq/m-groq'] },
    providers: {},
    config: {},
  })
  house.weir.configure({
    adminToken: TOKEN,
    providers: {
      a: { baseUrl: house.fakes[0]!.url, apiKey: 'sk-weir-a-0123456789' },
      groq: { baseUrl: house.fakes[1]!.url, apiKey: 'sk-weir-groq-0123456789' },
    },
    routes: { fast: { targets: ['a/m-a', 'groq/m-groq'] } },
  })
  house.fakes[1]!.answer(ok())
  house.fakes[1]!.requests.length = 0
  const response = await post('/a/v1/chat/completions?x=1', gzipSync('{"model":"mine"}'), {
    'x-weir-route': 'fast',
    'content-encoding': 'gzip',
  })
  expect(response.headers.get('x-weir-target')).toBe('groq/m-groq')
  expect(house.fakes[1]!.last()).toMatchObject({ path: '/openai/v1/chat/completions?x=1', text: '{"model":"m-groq"}' })
  expect(await house.weir.recorded(callId(response))).toMatchObject({
    route: 'fast',
    provider: 'groq',
    model: 'm-groq',
  })
})

test('a route name is a model of /v1/models; one that nobody knows is refused with the nearest', async () => {
  house.setUp({ answers: [ok()] })
  const list = (await (await fetch(`${house.weir.url}/v1/models`)).json()) as {
    data: { id: string; owned_by: string }[]
  }
  expect(list.data[0]).toMatchObject({ id: 'fast', owned_by: 'weir' })
  const response = await post('/v1/chat/completions', '{"model":"m"}', { 'x-weir-route': 'fsat' })
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('did you mean fast?')
})

test('a client’s own credential goes to one provider only; others get Weir’s, or nothing', async () => {
  house.setUp({ answers: [fails(500), ok()] })
  const body = '{"model":"fast","messages":[]}'
  const both = await post('/v1/chat/completions', body, { authorization: 'Bearer sk-client-of-a' })
  expect(both.status).toBe(200)
  expect(house.fakes[0]!.last().headers.authorization).toBe('Bearer sk-client-of-a')
  expect(house.fakes[1]!.last().headers.authorization).toBe('Bearer sk-weir-b-0123456789')
  house.setUp({ answers: [fails(500), ok()] })
  const alone = await fetch(`${house.weir.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-client-of-a' },
    body,
  })
  expect(alone.status).toBe(500)
  expect(house.fakes[1]!.requests).toHaveLength(0)
  const call = await house.weir.recorded(callId(alone))
  expect(call.attempts[0]!.reason).toContain('is left out: Weir’s credential for b is only for calls with a Weir key')
})

test('what continues an earlier answer goes to who gave that, and nowhere else', async () => {
  house.setUp({ answers: [fails(500), ok()] })
  const first = await house.ask()
  await house.weir.recorded(callId(first))
  const id = ((await first.json()) as { id: string }).id
  house.fakes[0]!.answer(ok())
  house.fakes.forEach(({ requests }) => (requests.length = 0))
  const next = await house.ask({ previous_response_id: id })
  expect(next.headers.get('x-weir-target')).toBe(`b/${house.model('b')}`)
  house.fakes[1]!.answer(fails(503))
  const failed = await house.ask({ previous_response_id: id })
  expect(failed.status).toBe(503)
  expect(house.fakes[0]!.requests).toHaveLength(0)
  const call = await house.weir.recorded(callId(failed))
  expect(call.attempts[0]!.reason).toContain('bound by previous_response_id')
})
