// The dashboard hears how recording stands when it changes, not for every call.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RecorderStatus } from '../../server/recorder/messages.ts'
import { createStatus } from '../../server/recorder/status.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('the first change is told at once, a hundred more within 250 ms in one message; no change in none', () => {
  const sent: RecorderStatus[] = []
  const status = createStatus((current) => sent.push(current))
  for (let i = 0; i <= 100; i++) status.update({ callsRecorded: i + 1 })
  expect(sent.map(({ callsRecorded }) => callsRecorded)).toEqual([1])
  vi.advanceTimersByTime(250)
  expect(sent.map(({ callsRecorded }) => callsRecorded)).toEqual([1, 101])

  status.update({ callsRecorded: 101 })
  vi.advanceTimersByTime(1000)
  expect(sent).toHaveLength(2)

  status.update({ problem: 'The disk is full.' })
  status.flush()
  expect(sent.at(-1)).toMatchObject({ problem: 'The disk is full.', callsRecorded: 101 })
})

test('a thread that is busy without a pause, where no timer fires, still tells', () => {
  const sent: RecorderStatus[] = []
  const status = createStatus((current) => sent.push(current), 0)
  for (let i = 0; i < 5; i++) status.update({ callsRecorded: i + 1 })
  expect(sent).toHaveLength(5)
})
