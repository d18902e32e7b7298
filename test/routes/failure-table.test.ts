// The failure table: what leads to the next target, and what never does. Each attempt is a row that says why.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from '../support/provider.ts'
import { callId, fails, type House, ok, openHouse } from './house.ts'

let house: House
beforeAll(async () => void (house = await openHouse()))
afterAll(() => house.close())

const reset: Answer = (_, response) => response.destroy()
const silent: Answer = () => {}

test.each<[what: string, answer: Answer, status: number | null, config: Record<string, unknown>, reason: RegExp]>([
  ['503', fails(503), 503, {}, /^tried first: strategy first; 503, so the next was tried$/],
  ['529', fails(529), 529, {}, /529, so the next/],
  ['429', fails(429, { 'retry-after': '7' }), 429, {}, /429, retry after 7 s, so the next/],
  ['401', fails(401), 401, {}, /401, so the next/],
  ['402', fails(402), 402, {}, /402, so the next/],
  ['403', fails(403), 403, {}, /403, so the next/],
  ['reset before headers', reset, null, {}, /no connection, so the next/],
  ['no headers in time', silent, null, { timeouts: { headers: '1500ms' } }, /timeout, so the next/],
])('%s leads to the next target', async (_, answer, status, config, reason) => {
  house.setUp({ answers: [answer, ok()], config })
  const response = await house.ask()
  expect(response.status).toBe(200)
  expect(response.headers.get('x-weir-target')).toBe(`b/${house.model('b')}`)
  expect(response.headers.get('x-weir-attempts')).toBe('2')
  expect(response.headers.get('x-should-retry')).toBeNull()
  expect(((await response.json()) as { object: string }).object).toBe('chat.completion')
  expect(house.fakes[1]!.last().json).toMatchObject({ model: house.model('b') })
  expect(house.fakes[1]!.last().headers.authorization).toBe('Bearer sk-weir-b-0123456789')

  const call = await house.weir.recorded(callId(response))
  expect(call).toMatchObject({
    route: 'fast',
    provider: 'b',
    model: house.model('b'),
    target: `b/${house.model('b')}`,
    outcome: 'ok',
    status: 200,
  })
  expect(call.attempts).toMatchObject([
    { n: 1, target: `a/${house.model('a')}`, status, reason: expect.stringMatching(reason) },
    {
      n: 2,
      target: `b/${house.model('b')}`,
      status: 200,
      error: null,
      reason: expect.stringMatching(/^next: strategy first/),
    },
  ])
  expect(call.attempts[0]!.error).toBeTruthy()
  expect(call.changes.map(({ what }) => what)).toContain(`model "fast" → "${house.model('b')}"`)
  // The client's wait for the first target is not Weir's own doing.
  expect(call.overheadMs).toBeLessThan(call.durationMs!)
})

test.each([400, 404, 413, 422])('%i is the client’s to see, and tries no other target', async (status) => {
  house.setUp({ answers: [fails(status), ok()] })
  const response = await house.ask()
  expect(response.status).toBe(status)
  expect(await response.text()).toContain(`no ${status}`)
  expect(response.headers.get('x-should-retry')).toBeNull()
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('a 4xx leads on where the route lists it', async () => {
  house.setUp({ answers: [fails(404), ok()], route: { on: [404] } })
  expect((await house.ask()).status).toBe(200)
})

test('what the route does not list passes: a 503 where only 429 leads on', async () => {
  house.setUp({ answers: [fails(503), ok()], route: { on: ['429'] } })
  expect((await house.ask()).status).toBe(503)
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('when all fail the last answer passes as it came, and SDKs are told not to multiply the tries', async () => {
  house.setUp({ answers: [fails(503, { 'x-kept': 'a' }), fails(500, { 'x-kept': 'b' })] })
  const response = await house.ask()
  expect(response.status).toBe(500)
  expect(response.headers.get('x-kept')).toBe('b')
  expect(response.headers.get('x-should-retry')).toBe('false')
  expect(await response.json()).toMatchObject({ error: { message: 'no 500' } })
})

test('an answer that was given up passes after all when what came after it answered nothing', async () => {
  house.setUp({ answers: [fails(503, { 'x-kept': 'a' }), reset] })
  const response = await house.ask()
  expect(response.status).toBe(503)
  expect(response.headers.get('x-kept')).toBe('a')
  expect(response.headers.get('x-weir-target')).toBe(`a/${house.model('a')}`)
  expect(await response.json()).toMatchObject({ error: { message: 'no 503' } })
  const call = await house.weir.recorded(callId(response))
  expect(call).toMatchObject({
    status: 503,
    outcome: 'error',
    target: `a/${house.model('a')}`,
    provider: 'a',
    errorMessage: 'no 503',
  })
  expect(call.attempts.map(({ n, status }) => [n, status])).toEqual([
    [1, 503],
    [2, null],
  ])
})

test('when nothing answered the error is Weir’s, with x-should-retry: false', async () => {
  house.setUp({ answers: [reset, reset] })
  const response = await house.ask()
  expect(response.status).toBe(502)
  expect(response.headers.get('x-weir-error')).toBe('upstream_reset')
  expect(response.headers.get('x-should-retry')).toBe('false')
})

test('retries try the same target again, with back-off, before the next', async () => {
  house.setUp({ answers: [fails(503), ok()], route: { retries: 2 } })
  const response = await house.ask()
  expect(response.headers.get('x-weir-attempts')).toBe('4')
  expect(house.fakes[0]!.requests).toHaveLength(3)
  const call = await house.weir.recorded(callId(response))
  expect(call.attempts[1]!.reason).toMatch(/^try 2 of the same target/)
})

test('a Retry-After that fits is waited for; one that does not is not', async () => {
  house.setUp({ answers: [fails(429, { 'retry-after-ms': '30' }), ok()], route: { retries: 1 } })
  await house.ask()
  expect(house.fakes[0]!.requests).toHaveLength(2)
  house.setUp({ answers: [fails(429, { 'retry-after': '3600' }), ok()], route: { retries: 1 } })
  await house.ask()
  expect(house.fakes[0]!.requests).toHaveLength(1)
})

test('a body that flows is sent once', async () => {
  house.setUp({ answers: [fails(503), ok()], route: { targets: ['a', 'b'] } })
  const form = new FormData()
  form.set('file', new Blob(['sound']), 'a.wav')
  const response = await fetch(`${house.weir.url}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { authorization: 'Bearer wa_routes_test_token_of_admin', 'x-weir-route': 'fast' },
    body: form,
  })
  expect(response.status).toBe(503)
  expect(house.fakes[1]!.requests).toHaveLength(0)
})
