// The recorder sleeps without polling: it must wake for the journal, for a message, and for what happened just before it slept.
import { expect, test } from 'vitest'
import { createWake } from '../../server/recorder/wake.ts'

const LONG = 60_000
const bell = () => {
  const memory = new SharedArrayBuffer(4)
  const cell = new Int32Array(memory)
  return { wake: createWake(memory), bump: () => (Atomics.add(cell, 0, 1), Atomics.notify(cell, 0)) }
}

test('the journal wakes it, again and again', async () => {
  const { wake, bump } = bell()
  for (let i = 0; i < 3; i++) {
    const sleeping = wake.sleep(wake.seen(), LONG)
    setTimeout(bump, 5)
    await sleeping
    expect(wake.seen()).toBe(i + 1)
  }
})

test('a message wakes it, and the journal still does afterwards', async () => {
  const { wake, bump } = bell()
  const first = wake.sleep(wake.seen(), LONG)
  wake.ring()
  await first
  const second = wake.sleep(wake.seen(), LONG)
  setTimeout(bump, 5)
  await second
})

test('what rang before it slept is not slept over', async () => {
  const { wake, bump } = bell()
  const seen = wake.seen()
  bump()
  await wake.sleep(seen, LONG)
})

test('time ends a sleep', async () => {
  const { wake } = bell()
  const before = performance.now()
  await wake.sleep(wake.seen(), 30)
  expect(performance.now() - before).toBeGreaterThanOrEqual(29)
})
