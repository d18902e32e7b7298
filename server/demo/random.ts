/** Chance with a seed: the same seed gives the same demo, so that a strange figure in it can be looked at twice. */
export interface Random {
  /** 0 ≤ x < 1 */
  next(): number
  /** A whole number, both ends included. */
  whole(from: number, to: number): number
  pick<T>(list: readonly T[]): T
  /** True in `share` of the cases. */
  chance(share: number): boolean
  /** Scatters around `median` as latencies do: most are near it, few are far above. */
  around(median: number, spread?: number): number
  /** `length` hexadecimal digits. */
  hex(length: number): string
  uuid(): string
}

/** mulberry32: 32 bits of state are enough for made-up calls. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  const hex = (length: number) => Array.from({ length }, () => whole(0, 15).toString(16)).join('')
  return {
    next,
    whole,
    hex,
    pick: (list) => list[whole(0, list.length - 1)]!,
    chance: (share) => next() < share,
    around: (median, spread = 0.35) => median * Math.exp(spread * gauss(next)),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  }
}

/** Box and Muller's: two even numbers make one of the bell curve. */
const gauss = (next: () => number) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
