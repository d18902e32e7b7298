// A stream's timeline is drawn from stored arrival times: packing them must lose nothing but what lies below 10 µs.
import { expect, test } from 'vitest'
import { packTiming, unpackTiming } from '../../server/recorder/timing.ts'

/** Mulberry32: the same numbers in every run. */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

test('any rising arrivals come back within 5 µs, with their exact lengths', () => {
  const next = random(1)
  for (let round = 0; round < 300; round++) {
    let atMs = 0
    const arrivals = Array.from({ length: Math.floor(next() * 200) }, () => {
      atMs += next() ** 8 * 10_000_000
      return { atMs, length: Math.floor(next() ** 6 * 2 ** 40) }
    })
    const back = unpackTiming(packTiming(arrivals))
    expect(back.map(({ bytes }) => bytes)).toEqual(arrivals.map(({ length }) => length))
    for (const [i, { atMs }] of arrivals.entries()) expect(Math.abs((back[i]?.atMs ?? NaN) - atMs)).toBeLessThan(0.0051)
  }
})

test('a usual stream needs few bytes: 500 pieces, 40 ms apart, in at most 2.5 kB', () => {
  const arrivals = Array.from({ length: 500 }, (_, i) => ({ atMs: 300 + i * 40.37, length: 180 + (i % 7) }))
  expect(packTiming(arrivals).length).toBeLessThanOrEqual(2500)
})

test('a time that runs backwards is held, a torn tail and an unknown version are left out', () => {
  const packed = packTiming([
    { atMs: 5, length: 1 },
    { atMs: 3, length: 2 },
    { atMs: 9, length: 300 },
  ])
  expect(unpackTiming(packed)).toEqual([
    { atMs: 5, bytes: 1 },
    { atMs: 5, bytes: 2 },
    { atMs: 9, bytes: 300 },
  ])
  expect(unpackTiming(packed.subarray(0, packed.length - 1))).toHaveLength(2)
  expect(unpackTiming(Uint8Array.of(9, 1, 1))).toEqual([])
  expect(unpackTiming(new Uint8Array(0))).toEqual([])
})
