// The drill: the primary is down while calls keep coming. No client sees an error, and what it costs them is measured.
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fails, type House, ok, openHouse } from './house.ts'

let house: House
beforeAll(async () => void (house = await openHouse()))
afterAll(() => house.close())

const RATE = 200

/** Milliseconds of each call, one started every 5 ms. */
async function load(seconds: number): Promise<{ statuses: number[]; times: number[] }> {
  const started = performance.now()
  const calls = Array.from({ length: RATE * seconds }, async (_, i) => {
    const due = started + (i * 1000) / RATE
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    const from = performance.now()
    const response = await house.ask()
    await response.text()
    return { status: response.status, took: performance.now() - from }
  })
  const done = await Promise.all(calls)
  return { statuses: done.map(({ status }) => status), times: done.map(({ took }) => took).sort((a, b) => a - b) }
}

const at = (times: number[], share: number) => times[Math.floor(times.length * share)]!.toFixed(1)
const report = (what: string, times: number[]) =>
  console.log(`outage drill, ${what}: p50 ${at(times, 0.5)} ms, p95 ${at(times, 0.95)} ms, p99 ${at(times, 0.99)} ms`)

test('at 200 calls a second with the primary refusing, answering 500, or well', { timeout: 60_000 }, async () => {
  house.setUp({ answers: [ok(), ok()] })
  await load(0.5)
  const well = await load(1)
  report('all well', well.times)

  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  house.setUp({ answers: [ok(), ok()], providers: { a: { baseUrl: `http://127.0.0.1:${port}` } } })
  const refused = await load(2)
  report('connection refused', refused.times)
  expect(new Set(refused.statuses)).toEqual(new Set([200]))

  house.setUp({ answers: [fails(500), ok()] })
  const failing = await load(1)
  report('500', failing.times)
  expect(new Set(failing.statuses)).toEqual(new Set([200]))
  // The breaker: a handful of calls paid for finding out.
  expect(house.fakes[0]!.requests.length).toBeLessThan(30)
})
