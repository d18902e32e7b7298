/**
 * Figures as people read them. Unknown is "—", unpriced is said in words, an estimate carries "≈": nothing here turns null into 0.
 * Units are given apart from the figure, so that a part can draw them smaller.
 */
import type { Call, Usage } from '../../server/call.ts'

export interface Figure {
  value: string
  unit: string
}
export const UNKNOWN = '—'

const count = new Intl.NumberFormat('en-US')
/** Made once: making one costs more than using it a hundred times, and a table row uses several. */
const fixed = Array.from(
  { length: 10 },
  (_, digits) => new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
)
const oneDigit = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1, minimumFractionDigits: 1 })

export const toCount = (n: number | null | undefined) => (n === null || n === undefined ? UNKNOWN : count.format(n))

/** 48,213 stays as it is up to five digits; above, 91.6 M. */
export function toShort(n: number | null | undefined, whole = 99_999): Figure {
  if (n === null || n === undefined) return { value: UNKNOWN, unit: '' }
  if (Math.abs(n) <= whole) return { value: count.format(Math.round(n * 10) / 10), unit: '' }
  for (const [size, unit] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (Math.abs(n) >= size) return { value: oneDigit.format(n / size), unit }
  return { value: count.format(n), unit: '' }
}

/** Nano-dollars. A single call needs four digits to be told apart; sums need two. */
export function toMoney(nano: number | null | undefined, digits?: number): string {
  if (nano === null || nano === undefined) return UNKNOWN
  const dollars = Math.abs(nano) / 1e9
  const sign = nano < 0 ? '−' : ''
  if (nano === 0) return '$0'
  if (digits === undefined && dollars >= 1e6) return `${sign}$${oneDigit.format(dollars / 1e6)} M`
  if (digits === undefined && dollars >= 1e5) return `${sign}$${oneDigit.format(dollars / 1e3)} k`
  const places = digits ?? (dollars >= 1 ? 2 : dollars >= 0.0001 ? 4 : 6)
  if (dollars < 10 ** -places) return `${sign}<$${(10 ** -places).toFixed(places)}`
  return `${sign}$${fixed[places]!.format(dollars)}`
}

/** Milliseconds. */
export function toDuration(ms: number | null | undefined): Figure {
  if (ms === null || ms === undefined) return { value: UNKNOWN, unit: '' }
  if (ms < 1) return { value: ms === 0 ? '0' : ms.toFixed(2), unit: 'ms' }
  if (ms < 100) return { value: ms < 10 ? ms.toFixed(1) : ms.toFixed(0), unit: 'ms' }
  if (ms < 1000) return { value: (ms / 1000).toFixed(2), unit: 's' }
  if (ms < 100_000) return { value: (ms / 1000).toFixed(1), unit: 's' }
  if (ms < 3_600_000)
    return {
      value: `${Math.floor(ms / 60_000)}:${String(Math.floor((ms % 60_000) / 1000)).padStart(2, '0')}`,
      unit: 'min',
    }
  return {
    value: `${Math.floor(ms / 3_600_000)}:${String(Math.floor((ms % 3_600_000) / 60_000)).padStart(2, '0')}`,
    unit: 'h',
  }
}
export const toDurationText = (ms: number | null | undefined) => join(toDuration(ms))
export const join = ({ value, unit }: Figure) => (unit ? `${value} ${unit}` : value)

export function toBytes(n: number | null | undefined): Figure {
  if (n === null || n === undefined) return { value: UNKNOWN, unit: '' }
  for (const [size, unit] of [
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const)
    if (n >= size) return { value: oneDigit.format(n / size), unit }
  return { value: count.format(n), unit: 'B' }
}

/** A share as per cent: enough digits to see a small one, no more. */
export function toPercent(share: number | null | undefined): Figure {
  if (share === null || share === undefined || !Number.isFinite(share)) return { value: UNKNOWN, unit: '' }
  const p = share * 100
  return { value: p === 0 || p >= 10 ? p.toFixed(0) : p >= 1 ? p.toFixed(1) : p.toFixed(2), unit: '%' }
}

const sum = (...parts: (number | undefined)[]): number | null => {
  const known = parts.filter((n) => n !== undefined)
  return known.length ? known.reduce((a, b) => a + b, 0) : null
}
/** All tokens that went in, cached or not; null when the provider said nothing. */
export const tokensIn = (u: Usage | null) =>
  u &&
  sum(u.input, u.cacheRead, u.cacheWrite, u.cacheWrite1h, u.audioInput, u.audioCacheRead, u.imageInput, u.videoInput)
/** All tokens that came out, reasoning included. */
export const tokensOut = (u: Usage | null) => u && sum(u.output, u.reasoning, u.audioOutput, u.imageOutput)

/** A cost is "≈" when its tokens were counted by us, or cut short. */
export const isEstimate = (call: Pick<Call, 'usageSource'>) =>
  call.usageSource === 'estimated' || call.usageSource === 'partial'

/** What happened, in one or two words; null for a plain success. */
export function toOutcomeText(call: Pick<Call, 'outcome' | 'status'>): string | null {
  switch (call.outcome) {
    case 'ok':
      return null
    case 'client_abort':
      return 'client left'
    case 'upstream_abort':
      return 'stream broke'
    case 'cache_hit':
      return 'cache hit'
    case 'error':
      return call.status === null ? 'failed' : String(call.status)
    default:
      return call.outcome
  }
}
export const isFailure = (call: Pick<Call, 'outcome'>) =>
  call.outcome === 'error' ||
  call.outcome === 'upstream_abort' ||
  call.outcome === 'timeout' ||
  call.outcome === 'interrupted'
