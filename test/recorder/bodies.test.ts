// Content that may not touch the disk waits in memory for its call. That memory is bounded, whatever the clients send.
import { expect, test } from 'vitest'
import { createBodies } from '../../server/recorder/bodies.ts'
import { bodyFromMemory } from '../../server/recorder/body.ts'

const bytes = (length: number) => new Uint8Array(length).fill(7)

test('a body is held up to its limit, and gone once its call is recorded', () => {
  const bodies = createBodies({ perDirection: 10 })
  bodies.add('a', 'request', bytes(4))
  bodies.add('a', 'response', bytes(8))
  bodies.add('a', 'response', bytes(8))
  bodies.add('a', 'response', bytes(8))
  expect(bodies.of('a')).toMatchObject({ request: [bytes(4)], response: [bytes(8), bytes(2)] })
  expect(bodies.heldBytes).toBe(14)
  bodies.forget('a')
  expect(bodies.of('a')).toBeNull()
  expect(bodies.heldBytes).toBe(0)
})

test('above the limit for all calls the oldest are let go', () => {
  const bodies = createBodies({ perDirection: 1000, limit: 2500 })
  for (const id of ['a', 'b', 'c', 'd']) bodies.add(id, 'response', bytes(1000))
  expect(['a', 'b', 'c', 'd'].map((id) => bodies.of(id) !== null)).toEqual([false, false, true, true])
  expect(bodies.heldBytes).toBe(2000)
})

test('chunks take the arrival time of the part that brought their last byte', () => {
  const parts = [
    { direction: 'response' as const, atMs: 1, length: 5, bytes: null },
    { direction: 'response' as const, atMs: 2, length: 5, bytes: null },
    { direction: 'response' as const, atMs: 3, length: 5, bytes: null },
  ]
  const body = bodyFromMemory(parts, [bytes(5), bytes(2), bytes(8)])
  expect(body.pieces.map(({ atMs }) => atMs)).toEqual([1, 2, 3])
  expect(body).toMatchObject({ captured: 15, total: 15 })
})
