/** Calls and errors over time for the strip above the list. */

export interface Histogram {
  /** Milliseconds. */
  step: number
  points: { at: number; calls: number; errors: number }[]
  /** Why the older points may lack calls, else null. */
  incomplete: string | null
}
