/** What is added up about calls: the columns of a rollup, and what one call brings to each. */
import type { CallRow, RollupRow } from '../tables.ts'

/** The sums, in the order of the columns. `priced`, `listed`, `measured` count the calls behind costNano, listNano and tokens. */
export const MEASURES = [
  'calls',
  'priced',
  'costNano',
  'listed',
  'listNano',
  'unpriced',
  'estimated',
  'estimatedNano',
  'savedNano',
  'measured',
  'inputTokens',
  'outputTokens',
  'input',
  'cacheRead',
  'cacheWrite',
  'output',
  'reasoning',
  'speedTokens',
  'speedMs',
] as const satisfies readonly (keyof RollupRow)[]

export type Measure = (typeof MEASURES)[number]
export type Measures = Record<Measure, number>

export const noMeasures = (): Measures => Object.fromEntries(MEASURES.map((name) => [name, 0])) as Measures

/** `db/queries/row-sums.ts` says the same in SQL; a test compares the two over random calls. */
export const addCall = (sums: Measures, row: CallRow, sign: 1 | -1): void => {
  sums.calls += sign
  sums.unpriced += sign * row.unpriced
  if (row.costNano !== null) {
    sums.priced += sign
    sums.costNano += sign * row.costNano
  }
  if (row.listNano !== null) {
    sums.listed += sign
    sums.listNano += sign * row.listNano
  }
  sums.savedNano += sign * (row.savedNano ?? 0)
  if (row.usageSource === 'estimated') {
    sums.estimated += sign
    sums.estimatedNano += sign * (row.costNano ?? 0)
  }
  if (row.inputTokens === null) return
  sums.measured += sign
  sums.inputTokens += sign * row.inputTokens
  sums.outputTokens += sign * (row.outputTokens ?? 0)
  sums.input += sign * (row.input ?? 0)
  sums.cacheRead += sign * (row.cacheRead ?? 0)
  sums.cacheWrite += sign * (row.cacheWrite ?? 0)
  sums.output += sign * (row.output ?? 0)
  sums.reasoning += sign * (row.reasoning ?? 0)
  if (row.speedMs === null) return
  sums.speedTokens += sign * (row.outputTokens ?? 0)
  sums.speedMs += sign * row.speedMs
}
