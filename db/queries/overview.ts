/** The figures on top of the overview, with the same figures of the period before. */

export interface Percentiles {
  /** Milliseconds, within 1 %; null: nothing was measured. */
  p50: number | null
  p95: number | null
  p99: number | null
}

/** Sums over calls that are no housekeeping (`auxiliary`). null is unknown, never 0. */
export interface Totals {
  calls: number
  /** error, upstream_abort, timeout, interrupted. */
  errors: number
  refused: number
  /** The client left. */
  aborted: number
  /** What will be billed for the calls whose cost is known; null when calls were made and none of them is priced. */
  costNano: number | null
  /** The same usage at list price. */
  listNano: number | null
  /** Calls that cost something unknown: not in `costNano`. */
  unpricedCalls: number
  /** The part of `costNano` that stands on estimated tokens. */
  estimatedNano: number
  /** Calls whose tokens were estimated; they are in `tokens`. */
  estimatedCalls: number
  /** Over the calls whose usage is known; null when there is none. */
  tokens: {
    input: number | null
    cacheRead: number | null
    cacheWrite: number | null
    output: number | null
    reasoning: number | null
  }
  /** Calls answered from Weir's cache, and what they would have cost at list price. */
  cacheHits: number
  savedNano: number
  /** Calls that ran to an end of their own: no refused, aborted, interrupted or cached ones. */
  durationMs: Percentiles
  firstTokenMs: Percentiles
  /** Output tokens per second of streaming; null when no stream was measured. */
  tokensPerSecond: number | null
}

export interface Overview {
  now: Totals
  /** The period of the same length just before. */
  before: Totals
  /** False: something was cut or rounded, see `incomplete`. */
  exact: boolean
  incomplete: string | null
}
