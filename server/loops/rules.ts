/** All rules. A new one is its file and a line here; what it means for the verdict stands in verdict.ts. */
import { cycle } from './cycle.ts'
import { echo } from './echo.ts'
import { error } from './error.ts'
import { ramp } from './ramp.ts'
import { repeat } from './repeat.ts'
import type { Fired, Lane, Peers, Rule, RuleName } from './rule.ts'
import { stall } from './stall.ts'
import type { Thresholds } from './thresholds.ts'
import { velocity } from './velocity.ts'

export const rules = [repeat, cycle, echo, error, ramp, velocity, stall] as const

/** In the order of the list. */
export function checkRules(lane: Lane, thresholds: Thresholds, peers: Peers): { rule: RuleName; fired: Fired }[] {
  const all: { rule: RuleName; fired: Fired }[] = []
  for (const rule of rules as readonly Rule[]) {
    const own = thresholds[rule.name]
    const fired = own === null ? null : rule.check(lane, own as never, peers)
    if (fired) all.push({ rule: rule.name, fired })
  }
  return all
}
