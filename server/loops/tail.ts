/** Whether the end of an output is one piece of text over and over: a model that has run into a rut. */

const LOOKED_AT = 4000
const LEAST_TIMES = 6
const LEAST_LENGTH = 400
/** Rules, table borders and padding repeat too, and mean nothing. */
const LEAST_LETTERS = 5

export interface Tail {
  times: number
  /** One piece of it. */
  unit: string
}

/** Knuth, Morris and Pratt's prefix function over the reversed end: linear in what is looked at. */
export function repeatedTail(text: string): Tail | null {
  if (text.length < LEAST_LENGTH) return null
  const end = text.trimEnd().slice(-LOOKED_AT)
  const n = end.length
  if (n < LEAST_LENGTH) return null
  const at = (i: number) => end.charCodeAt(n - 1 - i)
  const border = new Uint16Array(n)
  let best: { length: number; period: number } | null = null
  for (let i = 1, k = 0; i < n; i++) {
    while (k > 0 && at(i) !== at(k)) k = border[k - 1]!
    if (at(i) === at(k)) k++
    border[i] = k
    const period = i + 1 - k
    if (i + 1 >= LEAST_LENGTH && (i + 1) / period >= LEAST_TIMES) best = { length: i + 1, period }
  }
  if (!best) return null
  const unit = end.slice(-best.period)
  if (new Set(unit.toLowerCase().match(/\p{L}/gu) ?? []).size < LEAST_LETTERS) return null
  return { times: Math.floor(best.length / best.period), unit }
}
