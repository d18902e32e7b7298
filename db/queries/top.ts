/** The values of one dimension that weigh most, the rest folded into one row. */
import type { ReadDb } from '../engine.ts'
import { FOLDED } from '../rollup/rollups.ts'
import { aggregate } from './aggregate.ts'
import { total } from './cells.ts'
import type { By, Cell } from './cells.ts'
import { known } from './overview.ts'
import { weigh } from './series.ts'

export interface TopArgs {
  by: By
  metric?: 'cost' | 'calls' | 'errors' | 'tokens'
  from: number
  to: number
  q?: string
  /** 1 to 200. */
  limit?: number
  now?: number
}

export interface TopItem {
  /** null: the calls that have no such value. */
  name: string | null
  calls: number
  errors: number
  /** null: calls were made and none of them is priced. */
  costNano: number | null
  unpricedCalls: number
  /** Input and output; null when no usage is known. */
  tokens: number | null
  /** Of the metric's total, 0 to 1. */
  share: number
}

export interface Top {
  items: TopItem[]
  /** All the rest as one; `values`: how many there are, null when nobody counted. */
  others: (TopItem & { values: number | null }) | null
  exact: boolean
  incomplete: string | null
}

export const top = async (db: ReadDb, args: TopArgs): Promise<Top> => {
  const { by, metric = 'cost', from, to, q = '', now } = args
  const limit = Math.min(Math.max(1, args.limit ?? 10), 200)
  const { cells, exact, incomplete } = await aggregate(db, { q, from, to, by, steps: null, sketches: false, now })
  const whole = weigh(total(cells), metric)
  const order = (a: Cell, b: Cell) => weigh(b, metric) - weigh(a, metric) || b.sums.calls - a.sums.calls
  const sorted = cells.filter(({ name }) => name !== FOLDED).sort(order)
  const folded = cells.filter(({ name }) => name === FOLDED)
  const rest = [...sorted.slice(limit), ...folded]
  return {
    items: sorted.slice(0, limit).map((cell) => toItem(cell, whole, weigh(cell, metric))),
    others:
      rest.length === 0
        ? null
        : { ...toItem(total(rest), whole, weigh(total(rest), metric)), values: folded.length > 0 ? null : rest.length },
    exact,
    incomplete,
  }
}

const toItem = ({ name, sums }: Cell, whole: number, weight: number): TopItem => ({
  name,
  calls: sums.calls,
  errors: sums.errors,
  costNano: known(sums.costNano, sums.priced, sums.unpriced),
  unpricedCalls: sums.unpriced,
  tokens: known(sums.inputTokens + sums.outputTokens, sums.measured, sums.calls),
  share: whole > 0 ? weight / whole : 0,
})
