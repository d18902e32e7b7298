// Times on the command line: dates, ISO times, epoch milliseconds and ages.
import { expect, test } from 'vitest'
import { UsageError } from '../../server/cli/arguments.ts'
import { toMoment } from '../../server/cli/moment.ts'

const NOW = Date.UTC(2026, 10, 23)

test.each([
  [undefined, null],
  ['2026-01-31', Date.UTC(2026, 0, 31)],
  ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
  ['1763856000000', 1_763_856_000_000],
  ['7d', NOW - 7 * 86_400_000],
  ['1h30m', NOW - 5_400_000],
])('%s', (text, moment) => expect(toMoment('from', text, NOW)).toBe(moment))

test.each(['yesterday', '31.01.2026', '7', ''])('%s is refused', (text) => {
  expect(() => toMoment('from', text, NOW)).toThrow(UsageError)
})
