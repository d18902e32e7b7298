/** One figure over time, split by one dimension: the data of every stacked chart. */
import type { ReadDb } from '../engine.ts'
import { FOLDED } from '../rollup/rollups.ts'
import { quantile } from '../rollup/sketch.ts'
import { chooseStep, createSteps } from '../zones.ts'
import { aggregate } from './aggregate.ts'
import { createCells, total } from './cells.ts'
import type { By, Cell } from './cells.ts'
import { known } from './overview.ts'

export type { By } from './cells.ts'

export type Metric = 'cost' | 'calls' | 'errors' | 'tokens' | 'latency' | 'ttft'

export interface SeriesGroup {
  /** null: the calls that have no such value (or, without `by`, all calls). */
  name: string | null
  /** Over the whole range: nano-dollars, calls, errors, tokens; for latency and ttft the p95 in milliseconds. */
  total: number | null
  /** One value a point of `at`; null is unknown or nothing measured. Latency and ttft are p95. */
  values: (number | null)[]
  /** The last group, when it stands for all the rest. */
  other?: true
}

export interface Series {
  /** Milliseconds. A day is 86,400,000 also when the clock change makes it longer or shorter; `at` tells the true starts. */
  step: number
  /** Starts of the steps, epoch milliseconds, in the zone asked for. */
  at: number[]
  groups: SeriesGroup[]
  /** Calls without a known cost, per point: what a cost chart cannot show. */
  unpricedCalls: number[]
  exact: boolean
  incomplete: string | null
}

export interface SeriesArgs {
  metric: Metric
  by?: By | null
  /** Milliseconds, taken up to the next of 1 m, 5 m, 15 m, 1 h, 6 h, 1 d, 7 d; default: by the length of the range. */
  step?: number | null
  from: number
  to: number
  q?: string
  /** Groups of their own, 1 to 50; the rest is summed in the last one. */
  top?: number
  /** IANA name, such as Asia/Kathmandu; default UTC. */
  zone?: string
  now?: number
}

/** @throws RangeError for an unknown time zone. */
export const series = async (db: ReadDb, args: SeriesArgs): Promise<Series> => {
  const { metric, by = null, from, to, q = '', zone, now } = args
  const top = Math.min(Math.max(1, args.top ?? 6), 50)
  const steps = createSteps(from, to, chooseStep(from, to, args.step), zone)
  const sketches = metric === 'latency' || metric === 'ttft'
  const { cells, exact, incomplete } = await aggregate(db, { q, from, to, by, steps, sketches, now })
  const names = rank(cells, metric)
  const own = by === null ? names : names.filter((name) => name !== FOLDED).slice(0, top)
  const groups = own.map((name) =>
    toGroup(
      name,
      cells.filter((cell) => cell.name === name),
      metric,
      steps.at.length,
    ),
  )
  const rest = cells.filter((cell) => !own.includes(cell.name))
  if (by !== null && rest.length > 0) groups.push({ ...toGroup(null, rest, metric, steps.at.length), other: true })
  return {
    step: steps.step,
    at: steps.at,
    groups,
    unpricedCalls: perStep(cells, steps.at.length).map((cell) => cell?.sums.unpriced ?? 0),
    exact,
    incomplete,
  }
}

/** Names by weight. A latency is no share of anything: there the busiest come first. */
const rank = (cells: readonly Cell[], metric: Metric): (string | null)[] =>
  [...Map.groupBy(cells, ({ name }) => name)]
    .map(([name, own]) => ({ name, weight: weigh(total(own), metric), calls: total(own).sums.calls }))
    .sort((a, b) => b.weight - a.weight || b.calls - a.calls || String(a.name).localeCompare(String(b.name)))
    .map(({ name }) => name)

/** What a cell counts for in the order of a list. */
export const weigh = (cell: Cell, metric: Metric): number =>
  metric === 'latency' || metric === 'ttft' ? cell.sums.calls : (valueOf(cell, metric) ?? 0)

export const valueOf = ({ sums, duration, firstToken }: Cell, metric: Metric): number | null => {
  switch (metric) {
    case 'cost':
      return known(sums.costNano, sums.priced, sums.unpriced)
    case 'calls':
      return sums.calls
    case 'errors':
      return sums.errors
    case 'tokens':
      return known(sums.inputTokens + sums.outputTokens, sums.measured, sums.calls)
    case 'latency':
      return quantile(duration, 0.95)
    case 'ttft':
      return quantile(firstToken, 0.95)
  }
}

/** Where nothing happened a sum is 0 and a latency is nothing. */
const empty = (metric: Metric): number | null => (metric === 'latency' || metric === 'ttft' ? null : 0)

function toGroup(name: string | null, cells: readonly Cell[], metric: Metric, points: number): SeriesGroup {
  const values = perStep(cells, points).map((cell) => (cell ? valueOf(cell, metric) : empty(metric)))
  return { name, total: valueOf(total(cells), metric), values }
}

function perStep(cells: readonly Cell[], points: number): (Cell | undefined)[] {
  const sum = createCells()
  sum.merge(cells, 1, () => null)
  const byIndex = new Map(sum.all().map((cell) => [cell.index, cell]))
  return Array.from({ length: points }, (_, index) => byIndex.get(index))
}
