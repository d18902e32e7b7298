// A target that fails several times in a row is left alone; after a while one call tries it, and its fate decides. Virtual clock.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from '../support/provider.ts'
import { callId, fails, type House, ok, openHouse } from './house.ts'

let now = Date.UTC(2026, 0, 1, 12)
let house: House
beforeAll(async () => void (house = await openHouse({ now: () => now })))
afterAll(() => house.close())

const askAll = async (count: number) => {
  for (let i = 0; i < count; i++) await (await house.ask()).text()
}
const seen = () => house.fakes.map(({ requests }) => requests.length)
const targets = async () => (await house.weir.api('/routes')).routes[0].targets

test('it opens after failures in a row, lets one call through when the time has come, and closes with its success', async () => {
  house.setUp({ answers: [fails(500), ok()], route: { breaker: { failures: 3, open: '30s' } } })
  await askAll(5)
  expect(seen()).toEqual([3, 5, 0])
  expect(await targets()).toMatchObject([
    {
      state: 'open',
      until: now + 30_000,
      why: expect.stringContaining('answered 500'),
      calls1h: 3,
      errorShare1h: 1,
      inFlight: 0,
    },
    { state: 'ok', calls1h: 5, errorShare1h: 0, p50Ms1h: expect.any(Number) },
  ])
  const response = await house.ask()
  const call = await house.weir.recorded(callId(response))
  expect(call.attempts).toHaveLength(1)
  expect(call.attempts[0]!.reason).toMatch(/a\/model-a-\d+ skipped: open until 12:00:30 UTC \(.*answered 500/)

  now += 30_000
  // Half-open: while the trial is under way everybody else passes it by.
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const slowFailure: Answer = async (request, answer, incoming) => {
    arrived.resolve()
    await release.promise
    await fails(500)(request, answer, incoming)
  }
  house.fakes[0]!.answer(slowFailure)
  const trial = house.ask()
  await arrived.promise
  await askAll(3)
  expect(house.fakes[0]!.requests).toHaveLength(4)
  release.resolve()
  expect((await trial).status).toBe(200)
  await askAll(2)
  expect(house.fakes[0]!.requests).toHaveLength(4)

  now += 30_000
  house.fakes[0]!.answer(ok())
  await askAll(2)
  expect(house.fakes[0]!.requests).toHaveLength(6)
  expect(await targets()).toMatchObject([{ state: 'ok', until: null, why: null }, { state: 'ok' }])
})

test('when all are open Weir says so at once, and when to come back', async () => {
  house.setUp({ answers: [fails(500), fails(502)], route: { breaker: { failures: 1, open: '20s' } } })
  expect((await house.ask()).status).toBe(502)
  const response = await house.ask()
  expect(response.status).toBe(503)
  expect(response.headers.get('x-weir-error')).toBe('route_exhausted')
  expect(response.headers.get('retry-after')).toBe('20')
  expect(response.headers.get('x-should-retry')).toBe('false')
  expect(await response.text()).toMatch(/skipped: open until .*; b\/model-b-\d+ skipped: open until/)
  expect((await house.weir.api('/routes')).problems).toEqual([expect.stringContaining('no target can be tried now')])
})

test('a 429 does not open a target but lets its credential rest, for as long as Retry-After says', async () => {
  house.setUp({ answers: [fails(429, { 'retry-after': '60' }), ok()], route: { breaker: { failures: 1 } } })
  await askAll(3)
  expect(seen()).toEqual([1, 3, 0])
  expect(await targets()).toMatchObject([
    { state: 'cooling', until: now + 60_000, why: '429, retry after 60 s' },
    { state: 'ok' },
  ])
  now += 60_000
  await askAll(1)
  expect(house.fakes[0]!.requests).toHaveLength(2)
})

test('what rests is tried all the same when nothing else is left', async () => {
  house.setUp({ answers: [fails(429, { 'retry-after': '60' })] })
  expect((await house.ask()).status).toBe(429)
  house.fakes[0]!.answer(ok())
  const response = await house.ask()
  expect(response.status).toBe(200)
  const call = await house.weir.recorded(callId(response))
  expect(call.attempts[0]!.reason).toContain('no other target is left')
})

test('4xx and calls that their client gave up count for nothing', async () => {
  house.setUp({ answers: [fails(400), ok()], route: { breaker: { failures: 1 } } })
  await askAll(3)
  expect(house.fakes[0]!.requests).toHaveLength(3)
  const arrived = Promise.withResolvers<void>()
  house.fakes[0]!.answer(() => arrived.resolve())
  const gone = new AbortController()
  const asked = house.ask({}, { signal: gone.signal }).catch(() => 'gone')
  await arrived.promise
  gone.abort()
  expect(await asked).toBe('gone')
  house.fakes[0]!.answer(ok())
  await askAll(1)
  expect(house.fakes[0]!.requests).toHaveLength(5)
})
