// Days as a person sees them: whole in their zone, also at +5:45 and on the two days a year that are not 24 hours long.
import { expect, test } from 'vitest'
import { chooseStep, createSteps, indexOf } from '../../db/zones.ts'

const DAY = 86_400_000

/** Local date and time of a moment, straight from Intl. */
const local = (moment: number, zone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(moment)

test.each([
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'America/St_Johns',
  'Asia/Tehran',
])('days in %s start at local midnight, a whole year', (zone) => {
  const from = Date.UTC(2026, 0, 1, 13)
  const steps = createSteps(from, from + 366 * DAY, DAY, zone)
  for (const at of steps.at) expect(local(at, zone)).toMatch(/ 00:00:00$/)
  expect(new Set(steps.at).size).toBe(steps.at.length)
  // Each quarter hour falls into the day that the calendar says.
  for (let moment = from; moment < from + 366 * DAY; moment += 900_000 * 7) {
    const day = steps.at[indexOf(moment, steps)]!
    expect(local(day, zone).slice(0, 10)).toBe(local(moment, zone).slice(0, 10))
  }
})

test('the day of the clock change has 23 or 25 hours', () => {
  const { at } = createSteps(Date.UTC(2026, 2, 27), Date.UTC(2026, 3, 1), DAY, 'Europe/Berlin')
  expect(at.slice(1).map((start, i) => (start - at[i]!) / 3_600_000)).toContain(23)
  const autumn = createSteps(Date.UTC(2026, 9, 23), Date.UTC(2026, 9, 28), DAY, 'Europe/Berlin')
  expect(autumn.at.slice(1).map((start, i) => (start - autumn.at[i]!) / 3_600_000)).toContain(25)
})

test('weeks start on Monday', () => {
  for (const at of createSteps(Date.UTC(2026, 0, 1), Date.UTC(2026, 3, 1), 7 * DAY, 'Asia/Tokyo').at)
    expect(new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'Asia/Tokyo' }).format(at)).toBe('Monday')
})

test('a step is as long as it must be, and an unknown zone is refused', () => {
  expect(chooseStep(0, 3_600_000)).toBe(60_000)
  expect(chooseStep(0, DAY)).toBe(900_000)
  expect(chooseStep(0, 30 * DAY)).toBe(21_600_000)
  expect(chooseStep(0, 400 * DAY, 60_000)).toBe(21_600_000)
  expect(() => createSteps(0, DAY, DAY, 'Mars/Olympus')).toThrow(RangeError)
})
