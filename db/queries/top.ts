/** The values of one dimension that weigh most, the rest folded into one row. */

export interface TopItem {
  /** null: the calls that have no such value. */
  name: string | null
  calls: number
  errors: number
  /** null: calls were made and none of them is priced. */
  costNano: number | null
  unpricedCalls: number
  tokens: number | null
  /** Of the metric's total, 0 to 1. */
  share: number
}

export interface Top {
  items: TopItem[]
  others: (TopItem & { values: number | null }) | null
  exact: boolean
  incomplete: string | null
}
