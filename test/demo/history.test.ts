// A new demo folder has a past: calls of two days that the recorder takes for what the gateway writes. It has only one.
import { expect, test } from 'vitest'
import { startDemo, tempFolder } from './support.ts'

const HOUR = 3_600_000

test('the last two days are there at the first start, whole and readable, and not again at the second', async () => {
  const data = await tempFolder()
  const startedAt = Date.now()
  const first = await startDemo({ data, history: 80, crowd: 0 })
  await first.until((calls) => calls.length > 200)
  await first.end()

  const past = first.calls.filter((call) => call.startedAt < startedAt)
  const oldest = Math.min(...past.map((call) => call.startedAt))
  expect(startedAt - oldest).toBeGreaterThan(36 * HOUR)
  expect(startedAt - oldest).toBeLessThan(48 * HOUR)
  expect(Math.max(...past.map((call) => call.startedAt + call.durationMs!))).toBeLessThan(startedAt)
  expect(past.filter((call) => call.decodeError !== null || call.outcome === 'interrupted')).toEqual([])
  expect(past.filter((call) => call.outcome === 'ok' && call.usageSource === 'none')).toEqual([])
  expect(
    past.filter((call) => call.tags['feature'] === 'fare-watcher' && call.toolCalls[0] === 'search_flights').length,
  ).toBeGreaterThan(20)

  const second = await startDemo({ data, history: 80, crowd: 3 })
  await second.until((calls) => calls.length >= 3)
  expect(second.calls.filter((call) => call.startedAt < startedAt)).toEqual([])
})
