/** How many calls a filter finds, counted up to a bound. */

export interface CountCalls {
  count: number
  /** There are at least this many; counting stopped. */
  capped: boolean
}
