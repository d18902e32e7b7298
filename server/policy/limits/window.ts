/**
 * The window that a moment falls into. One pure function serves every backing: calendar windows begin with the zone's own second,
 * minute … month, whatever its clocks do; each ends where the next begins. A rolling window is counted in slots, and reaches back
 * over one slot more than it has, so that never more than the limit falls into any stretch of its length.
 */
import type { Calendar } from './limit.ts'

export interface Window {
  /** Epoch milliseconds; `end` is the first moment that is not in it. */
  start: number
  end: number
}

export type Span = { per: Calendar; zone: string } | { rollingMs: number }

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY
const SLOTS = 60

export const slotMs = (rollingMs: number): number => Math.max(1, Math.ceil(rollingMs / SLOTS))
export const slotOf = (at: number, rollingMs: number): number => Math.floor(at / slotMs(rollingMs))
/** Slots that a rolling window looks at: the one that is filling, and all that reach into its length. */
export const SLOTS_SEEN = SLOTS + 1

export function windowAt(now: number, span: Span): Window {
  if ('rollingMs' in span) {
    const slot = slotOf(now, span.rollingMs)
    const width = slotMs(span.rollingMs)
    return { start: (slot - SLOTS_SEEN + 1) * width, end: (slot + 1) * width }
  }
  if (span.per === 'second') return fixed(now, 1000)
  if (span.per === 'minute') return fixed(now, MINUTE)
  const clock = createClock(span.zone)
  return span.per === 'hour' ? hour(now, clock) : days(now, span.per, clock)
}

/** Zones differ by quarter hours, so seconds and minutes are everybody's. */
const fixed = (now: number, length: number): Window => {
  const start = Math.floor(now / length) * length
  return { start, end: start + length }
}

/** Local time as if it were UTC: what a clock on that wall shows. */
type Clock = (at: number) => number

function createClock(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (at) => {
    const read: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(at)) read[type] = Number(value)
    const local = Date.UTC(read['year']!, read['month']! - 1, read['day'], read['hour'], read['minute'], read['second'])
    return local + (at - Math.floor(at / 1000) * 1000)
  }
}

/** An hour of the wall clock; where the clock is set within it (Lord Howe moves by 30 minutes), it ends or begins there. */
function hour(now: number, clock: Clock): Window {
  const offset = clock(now) - now
  const start = now - mod(now + offset, HOUR)
  const end = start + HOUR
  const isSame = (at: number) => clock(at) - at === offset
  return {
    start: isSame(start) ? start : firstWhere(start, now, isSame),
    end: isSame(end - 1) ? end : firstWhere(now, end - 1, (at) => !isSame(at)),
  }
}

function days(now: number, per: 'day' | 'week' | 'month', clock: Clock): Window {
  const [from, to] = localDays(clock(now), per)
  return { start: momentOf(from, clock), end: momentOf(to, clock) }
}

/** First local midnight of the period, and of the next. */
function localDays(local: number, per: 'day' | 'week' | 'month'): [from: number, to: number] {
  const midnight = local - mod(local, DAY)
  if (per === 'day') return [midnight, midnight + DAY]
  if (per === 'week') {
    const monday = midnight - mod(midnight - MONDAY, 7 * DAY)
    return [monday, monday + 7 * DAY]
  }
  const date = new Date(local)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)]
}

/** The first moment at which the wall clock shows this or later: where clocks skip midnight, that is when they skip it. */
function momentOf(local: number, clock: Clock): number {
  const offsets = [clock(local - DAY) - (local - DAY), clock(local + DAY) - (local + DAY)]
  const [first, last] = [local - Math.max(...offsets), local - Math.min(...offsets)]
  if (clock(first) === local) return first
  return firstWhere(first, last, (at) => clock(at) >= local)
}

/** The first moment in (from, to] of which `holds` is true; it is true of `to`, and of everything after the first. */
function firstWhere(from: number, to: number, holds: (at: number) => boolean): number {
  let [no, yes] = [from, to]
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2)
    if (holds(middle)) yes = middle
    else no = middle
  }
  return yes
}

const mod = (value: number, by: number): number => ((value % by) + by) % by
