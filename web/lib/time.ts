/** Times and ranges. A range in the address is a span back from now (`range=24h`) or two instants (`from=…&to=…`, epoch ms). */
export const SPANS = {
  '15m': 900_000,
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
} as const
export type Span = keyof typeof SPANS
export const SPAN_NAMES: Record<Span, string> = {
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
}
export const BEFORE_NAMES: Record<Span, string> = {
  '15m': 'the 15 min before',
  '1h': 'the hour before',
  '24h': 'the day before',
  '7d': 'the week before',
  '30d': 'the 30 days before',
}

export type Range = { span: Span } | { from: number; to: number }
export interface Window {
  from: number
  to: number
}

export function toRange(params: URLSearchParams): Range {
  const from = Number(params.get('from'))
  const to = Number(params.get('to'))
  if (params.has('from') && params.has('to') && Number.isFinite(from) && Number.isFinite(to) && from < to)
    return { from, to }
  const span = params.get('range')
  return { span: span !== null && span in SPANS ? (span as Span) : '24h' }
}
/** The parameters that say this range; the default leaves the address clean. */
export const fromRange = (range: Range): Record<string, string | null> =>
  'span' in range
    ? { range: range.span === '24h' ? null : range.span, from: null, to: null }
    : { range: null, from: String(Math.round(range.from)), to: String(Math.round(range.to)) }

export const toWindow = (range: Range, now: number): Window =>
  'span' in range ? { from: now - SPANS[range.span], to: now } : range

const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', options)
const clock = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const minute = format({ hour: '2-digit', minute: '2-digit' })
const day = format({ day: 'numeric', month: 'short' })
const weekday = format({ weekday: 'short' })
const full = format({
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})

export const toClock = (at: number) => clock.format(at)
export const toMinute = (at: number) => minute.format(at)
export const toDay = (at: number) => day.format(at)
export const toFull = (at: number) => full.format(at)
export const isSameDay = (a: number, b: number) => new Date(a).toDateString() === new Date(b).toDateString()
const WEEK_LESS_A_DAY = 6 * 86_400_000
export const isThisWeek = (at: number, now: number) => now - at < WEEK_LESS_A_DAY
/** Today: the clock. The days before: with their name. Longer ago: with the date. */
export const toRowTime = (at: number, now: number) =>
  isSameDay(at, now)
    ? toClock(at)
    : isThisWeek(at, now)
      ? `${weekday.format(at)} ${toMinute(at)}`
      : `${toDay(at)} ${toMinute(at)}`

export function toRangeName(range: Range): string {
  if ('span' in range) return SPAN_NAMES[range.span]
  const { from, to } = range
  const seconds = to - from < 600_000
  const end = seconds ? toClock : toMinute
  return isSameDay(from, to)
    ? `${toDay(from)}, ${end(from)} – ${end(to)}`
    : `${toDay(from)} ${end(from)} – ${toDay(to)} ${end(to)}`
}
export const zoneName = () => Intl.DateTimeFormat().resolvedOptions().timeZone
/** `UTC+1`, for where the zone's full name does not fit. */
export const zoneShort = (at = Date.now()) =>
  format({ timeZoneName: 'shortOffset' })
    .formatToParts(at)
    .find((p) => p.type === 'timeZoneName')
    ?.value.replace('GMT', 'UTC') ?? 'UTC'

/** "4 min ago", for things that happened lately. */
export function toAgo(ms: number): string {
  if (ms < 5_000) return 'just now'
  if (ms < 90_000) return `${Math.round(ms / 1000)} s ago`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min ago`
  if (ms < 129_600_000) return `${Math.round(ms / 3_600_000)} h ago`
  return `${Math.round(ms / 86_400_000)} days ago`
}
/** A bucket's width in words: `15 min`. */
export function toStepName(ms: number): string {
  if (ms < 60_000) return `${ms / 1000} s`
  if (ms < 3_600_000) return `${ms / 60_000} min`
  if (ms < 86_400_000) return `${ms / 3_600_000} h`
  return ms === 86_400_000 ? '1 day' : `${ms / 86_400_000} days`
}
