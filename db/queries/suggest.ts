/** Real values for the filter bar's autocompletion, most used first. */

export interface Suggestions {
  values: { value: string; calls: number }[]
}
