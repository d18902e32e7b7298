/** What the rules that fired mean together. */
import type { RuleName } from './rule.ts'

/** `watch`: something is odd, and nothing is done about it. */
export type Verdict = 'watch' | 'looping' | 'runaway'

const SURE: readonly RuleName[] = ['repeat', 'cycle', 'error']
/** Each of these has innocent causes; two at once have not. */
const SIGNS: readonly RuleName[] = ['echo', 'ramp', 'stall']

/** `capped`: a hard cap on the run is passed. */
export function judge(fired: readonly RuleName[], capped: boolean): Verdict | null {
  const looping = fired.some((rule) => SURE.includes(rule)) || fired.filter((rule) => SIGNS.includes(rule)).length >= 2
  if (capped || (looping && fired.includes('velocity'))) return 'runaway'
  if (looping) return 'looping'
  return fired.length > 0 ? 'watch' : null
}

const RANK: Record<Verdict, number> = { watch: 0, looping: 1, runaway: 2 }

export const isWorse = (a: Verdict, b: Verdict): boolean => RANK[a] > RANK[b]
