/** The figures on top of the overview, with the same figures of the period before. */
import type { ReadDb } from '../engine.ts'
import { quantile } from '../rollup/sketch.ts'
import type { Sketch } from '../rollup/sketch.ts'
import { aggregate } from './aggregate.ts'
import { total } from './cells.ts'
import type { Cell } from './cells.ts'

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
  /** Calls answered from Weir's cache, and what they would have cost. */
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

export interface OverviewArgs {
  q?: string
  /** Epoch milliseconds, `from` inclusive, `to` exclusive. */
  from: number
  to: number
  /** For tests. */
  now?: number
}

export const overview = async (db: ReadDb, { q = '', from, to, now }: OverviewArgs): Promise<Overview> => {
  const ask = (begin: number, end: number) =>
    aggregate(db, { q, from: begin, to: end, by: null, steps: null, sketches: true, now })
  const current = await ask(from, to)
  const previous = await ask(from - (to - from), from)
  return {
    now: toTotals(total(current.cells)),
    before: toTotals(total(previous.cells)),
    exact: current.exact && previous.exact,
    incomplete: current.incomplete ?? (previous.incomplete && `in the period before, ${previous.incomplete}`),
  }
}

const toTotals = ({ sums, duration, firstToken }: Cell): Totals => ({
  calls: sums.calls,
  errors: sums.errors,
  refused: sums.refused,
  aborted: sums.aborted,
  costNano: known(sums.costNano, sums.priced, sums.unpriced),
  listNano: known(sums.listNano, sums.listed, sums.unpriced),
  unpricedCalls: sums.unpriced,
  estimatedNano: sums.estimatedNano,
  estimatedCalls: sums.estimated,
  tokens: {
    input: known(sums.input, sums.measured, sums.calls),
    cacheRead: known(sums.cacheRead, sums.measured, sums.calls),
    cacheWrite: known(sums.cacheWrite, sums.measured, sums.calls),
    output: known(sums.output, sums.measured, sums.calls),
    reasoning: known(sums.reasoning, sums.measured, sums.calls),
  },
  cacheHits: sums.cacheHits,
  savedNano: sums.savedNano,
  durationMs: toPercentiles(duration),
  firstTokenMs: toPercentiles(firstToken),
  tokensPerSecond: sums.speedMs > 0 ? (sums.speedTokens * 1000) / sums.speedMs : null,
})

/** A sum over nothing is 0 when there was nothing to know, and unknown when there was. */
export const known = (sum: number, behind: number, unknown: number): number | null =>
  behind === 0 && unknown > 0 ? null : sum

const toPercentiles = (sketch: Sketch): Percentiles => ({
  p50: quantile(sketch, 0.5),
  p95: quantile(sketch, 0.95),
  p99: quantile(sketch, 0.99),
})
