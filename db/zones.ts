/**
 * Steps of a chart in a person's time zone. Every zone's offset is a multiple of 15 minutes (+5:45 included), so quarter-hour
 * rollups can be summed to anybody's days; where the offset changes within a range, each part of the range has its own.
 */

export const STEPS = [60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000] as const
const DAY = 86_400_000
const WEEK = 7 * DAY
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY
/** More points than a chart has pixels. */
export const MAX_POINTS = 2000

export interface Steps {
  step: number
  /** Starts, ascending; the first may lie before `from`. */
  at: number[]
  /** From here on, this offset is added before dividing by the step; ascending, the first holds for all before. */
  offsets: { from: number; offset: number }[]
  /** Added after the offset, so that weeks start on Monday. */
  shift: number
}

/** The step that is wanted, at least as long as `MAX_POINTS` allow; without a wish, one that gives 24 to 120 points. */
export const chooseStep = (from: number, to: number, wanted?: number | null): number => {
  const span = Math.max(1, to - from)
  const least = STEPS.find((step) => step >= (wanted ?? 0) && span / step <= (wanted ? MAX_POINTS : 120))
  return least ?? STEPS.at(-1)!
}

/** @throws RangeError for a zone that nobody knows. */
export const createSteps = (from: number, to: number, step: number, zone: string = 'UTC'): Steps => {
  const shift = step === WEEK ? -MONDAY : 0
  const offsets = step < 3_600_000 ? [{ from: -Infinity, offset: 0 }] : offsetsIn(from, to, zone)
  const at: number[] = []
  const first = numberOf(from, { step, offsets, shift })
  const last = numberOf(Math.max(from, to - 1), { step, offsets, shift })
  for (let n = first; n <= last; n++) at.push(startOf(n, { step, offsets, shift }))
  return { step, at, offsets, shift }
}

/** Which step a moment falls into, counted from 0 at `at[0]`. */
export const indexOf = (moment: number, steps: Steps): number => numberOf(moment, steps) - numberOf(steps.at[0]!, steps)

export const offsetAt = (moment: number, offsets: Steps['offsets']): number =>
  (offsets.findLast((one) => one.from <= moment) ?? offsets[0]!).offset

const numberOf = (moment: number, { step, offsets, shift }: Omit<Steps, 'at'>): number =>
  Math.floor((moment + offsetAt(moment, offsets) + shift) / step)

/** The first moment of a step: the local time it begins at, under the offset that holds then. */
function startOf(n: number, { step, offsets, shift }: Omit<Steps, 'at'>): number {
  const local = n * step - shift
  for (const { from, offset } of [...offsets].reverse()) if (local - offset >= from) return local - offset
  return local - offsets[0]!.offset
}

/** Offsets in milliseconds over a range, looked up at each quarter hour where a day's two ends differ. */
function offsetsIn(from: number, to: number, zone: string): Steps['offsets'] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const offsets = [{ from: -Infinity, offset: zoneOffset(from - WEEK, format) }]
  for (let day = from - WEEK; day < to + DAY; day += DAY) {
    if (zoneOffset(day + DAY, format) === zoneOffset(day, format)) continue
    for (
      let quarter = Math.floor(day / 900_000) * 900_000 + 900_000;
      quarter <= day + DAY + 900_000;
      quarter += 900_000
    ) {
      const offset = zoneOffset(quarter, format)
      if (offset !== offsets.at(-1)!.offset) offsets.push({ from: quarter, offset })
    }
  }
  return offsets
}

/** `GMT+05:45` in milliseconds. */
function zoneOffset(moment: number, format: Intl.DateTimeFormat): number {
  const name = format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')!.value
  const match = /([+-])(\d\d):?(\d\d)?(?::(\d\d))?/.exec(name)
  if (!match) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return (match[1] === '-' ? -1 : 1) * minutes * 60_000
}
