// Transactions stay short whatever a call weighs here: the batch grows while they are quick and shrinks when one is slow.
import { expect, test } from 'vitest'
import { createPace, MOST } from '../../server/recorder/pace.ts'

test('quick full batches grow to the most, half-empty ones say nothing', () => {
  const pace = createPace()
  const first = pace.limits
  pace.learn({ ms: 1, calls: 3, bytes: 100 })
  expect(pace.limits).toEqual(first)
  for (let i = 0; i < 20; i++) pace.learn({ ms: 1, calls: pace.limits.calls, bytes: 0 })
  expect(pace.limits).toEqual(MOST)
})

test('with a cost of 1 ms a call the batches settle where a transaction takes at most 50 ms', () => {
  const pace = createPace()
  const took: number[] = []
  for (let i = 0; i < 50; i++) {
    const { calls } = pace.limits
    took.push(calls)
    pace.learn({ ms: calls, calls, bytes: 0 })
  }
  expect(Math.max(...took.slice(5))).toBeLessThanOrEqual(50)
  expect(Math.min(...took.slice(5))).toBeGreaterThanOrEqual(15)
})

test('one very slow transaction does not make batches of nothing', () => {
  const pace = createPace()
  for (let i = 0; i < 20; i++) pace.learn({ ms: 60_000, calls: 1, bytes: 1 })
  expect(pace.limits.calls).toBeGreaterThanOrEqual(8)
})
