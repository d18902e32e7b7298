/** A strategy puts the targets of a route into the order in which they are tried. It holds no state and asks nobody but `Ask`. */
import type { Health } from '../health.ts'
import type { RuleFacts } from '../rule.ts'
import type { RouteTarget } from '../targets.ts'

export interface Ask {
  targets: readonly RouteTarget[]
  facts: RuleFacts
  health(target: RouteTarget): Health
  /** From 0 up to 1. */
  random(): number
  now: number
}

export interface Strategy {
  order(ask: Ask): RouteTarget[]
  /** Why this one stands where it does, in a few words. */
  why(target: RouteTarget, ask: Ask): string
}

/** Lowest number first; equal ones stay in the order of the configuration. */
export const byNumber = (targets: readonly RouteTarget[], number: (target: RouteTarget) => number): RouteTarget[] =>
  targets
    .map((target) => ({ target, rank: number(target) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ target }) => target)
