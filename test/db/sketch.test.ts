// Percentiles from sketches: within 1 % of the truth, adding up exactly, taking out again.
import { expect, test } from 'vitest'
import { addTo, bucketOf, mergeBytes, mergeInto, quantile, toBytes } from '../../db/rollup/sketch.ts'
import type { Sketch } from '../../db/rollup/sketch.ts'
import { createRandom } from './calls.ts'

const sketchOf = (values: readonly number[]): Sketch => {
  const sketch: Sketch = new Map()
  for (const value of values) addTo(sketch, bucketOf(value), 1)
  return sketch
}

test('every percentile of ten thousand durations from 10 µs to an hour is within 1 %', () => {
  const random = createRandom(3)
  const values = Array.from({ length: 10_000 }, () => 0.01 * Math.exp(random.next() * Math.log(3.6e8))).sort(
    (a, b) => a - b,
  )
  const sketch = sketchOf(values)
  for (const q of [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
    const truth = values[Math.max(1, Math.ceil(q * values.length)) - 1]!
    expect(Math.abs(quantile(sketch, q)! - truth) / truth).toBeLessThanOrEqual(0.0100001)
  }
})

test('the bytes of two parts add up to the sketch of the whole, and one part can be taken out', () => {
  const random = createRandom(4)
  const values = Array.from({ length: 3000 }, () => random.next() * 10 ** random.below(7))
  const sum: Sketch = new Map()
  mergeBytes(sum, toBytes(sketchOf(values.slice(0, 1000))))
  mergeBytes(sum, toBytes(sketchOf(values.slice(1000))))
  const sorted = (sketch: Sketch) => [...sketch].sort((a, b) => a[0] - b[0])
  expect(sorted(sum)).toEqual(sorted(sketchOf(values)))
  mergeInto(sum, sketchOf(values.slice(0, 1000)), -1)
  expect(sorted(sum)).toEqual(sorted(sketchOf(values.slice(1000))))
})

test('nothing measured has no percentile, and what is below the resolution is not lost', () => {
  expect(quantile(new Map(), 0.5)).toBeNull()
  expect(toBytes(new Map())).toBeNull()
  expect(quantile(sketchOf([0, 0, 0]), 0.5)).toBeCloseTo(0.01, 3)
})
