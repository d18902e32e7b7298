/** One figure over time, split by one dimension: the data of every stacked chart. */

export type Metric = 'cost' | 'calls' | 'errors' | 'tokens' | 'latency' | 'ttft'
export type By = 'model' | 'provider' | 'key' | 'user' | 'team' | 'app' | 'outcome' | `tag.${string}`

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
