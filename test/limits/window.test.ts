// Every moment lies in exactly one window, windows begin where their zone says, and each ends where the next begins.
import { expect, test } from 'vitest'
import { SLOTS_SEEN, slotMs, type Span, windowAt } from '../../server/policy/limits/window.ts'
import { seeded } from '../support/random.ts'

const at = (iso: string) => Date.parse(iso)
const day = (zone: string): Span => ({ per: 'day', zone })
const iso = ({ start, end }: { start: number; end: number }) => [start, end].map((ms) => new Date(ms).toISOString())

test.each<[string, Span, string, string[]]>([
  ['an hour longer, in autumn', day('Europe/Berlin'), '2026-10-25T12:00Z', ['2026-10-24T22:00', '2026-10-25T23:00']],
  ['an hour shorter, in spring', day('Europe/Berlin'), '2026-03-29T12:00Z', ['2026-03-28T23:00', '2026-03-29T22:00']],
  [
    'where clocks skip midnight',
    day('America/Santiago'),
    '2026-09-06T12:00Z',
    ['2026-09-06T04:00', '2026-09-07T03:00'],
  ],
  ['where midnight comes twice', day('America/Havana'), '2026-11-01T12:00Z', ['2026-11-01T04:00', '2026-11-02T05:00']],
  ['a zone of 5:45', day('Asia/Kathmandu'), '2026-01-31T18:14:59Z', ['2026-01-30T18:15', '2026-01-31T18:15']],
  [
    'a month with a change of clocks',
    { per: 'month', zone: 'Europe/Berlin' },
    '2026-03-31T21:59Z',
    ['2026-02-28T23:00', '2026-03-31T22:00'],
  ],
  ['a leap February', { per: 'month', zone: 'UTC' }, '2028-02-29T23:59Z', ['2028-02-01T00:00', '2028-03-01T00:00']],
  [
    'the end of a year',
    { per: 'month', zone: 'Asia/Kathmandu' },
    '2026-12-31T18:15Z',
    ['2026-12-31T18:15', '2027-01-31T18:15'],
  ],
  [
    'a week, which begins on Monday',
    { per: 'week', zone: 'UTC' },
    '2026-11-22T23:59Z',
    ['2026-11-16T00:00', '2026-11-23T00:00'],
  ],
  [
    'an hour of 5:45',
    { per: 'hour', zone: 'Asia/Kathmandu' },
    '2026-11-23T10:20Z',
    ['2026-11-23T10:15', '2026-11-23T11:15'],
  ],
  [
    'a minute',
    { per: 'minute', zone: 'Europe/Berlin' },
    '2026-11-23T10:20:59.999Z',
    ['2026-11-23T10:20', '2026-11-23T10:21'],
  ],
])('%s', (_, span, now, expected) => {
  expect(iso(windowAt(at(now), span))).toEqual(expected.map((moment) => `${moment}:00.000Z`))
})

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'America/Santiago',
  'America/Havana',
  'Australia/Lord_Howe',
  'Pacific/Apia',
]

test('windows have neither gaps nor overlaps, in any zone, on any day', () => {
  const random = seeded(7)
  for (const zone of ZONES) {
    for (const per of ['second', 'minute', 'hour', 'day', 'week', 'month'] as const) {
      for (let i = 0; i < 40; i++) {
        // Every other one close to a change of clocks of that zone.
        const now =
          i % 2 === 0
            ? Math.floor(at('2020-01-01T00:00Z') + random() * 10 * 365 * 86_400_000)
            : changeNear(zone, random)
        const window = windowAt(now, { per, zone })
        const said = `${zone} ${per} ${new Date(now).toISOString()}`
        expect(window.start <= now && now < window.end, said).toBe(true)
        expect(windowAt(window.end, { per, zone }).start, said).toBe(window.end)
        expect(windowAt(window.start - 1, { per, zone }).end, said).toBe(window.start)
        expect(windowAt(window.start, { per, zone }), said).toEqual(window)
      }
    }
  }
})

function changeNear(zone: string, random: () => number): number {
  const year = 2021 + Math.floor(random() * 6)
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const offset = (ms: number) => format.format(ms).split('GMT')[1]
  for (let ms = Date.UTC(year, 0, 1); ms < Date.UTC(year + 1, 0, 1); ms += 86_400_000)
    if (offset(ms) !== offset(ms + 86_400_000)) return Math.floor(ms + random() * 86_400_000)
  return Date.UTC(year, 5, 1)
}

test('a rolling window reaches back over at least its length', () => {
  const random = seeded(3)
  for (let i = 0; i < 200; i++) {
    const rollingMs = Math.floor(60_000 + random() * 31 * 86_400_000)
    const now = Math.floor(at('2026-01-01T00:00Z') + random() * 1e10)
    const { start, end } = windowAt(now, { rollingMs })
    expect(start).toBeLessThanOrEqual(now - rollingMs)
    expect(end).toBeGreaterThan(now)
    expect(end - start).toBe(SLOTS_SEEN * slotMs(rollingMs))
  }
})
