/**
 * The target that is quickest to its first byte (streams) or to its whole answer (others). One of which nothing is known, or
 * nothing of the last minute, is tried by one call, so that no target is judged for ever by a bad day.
 */
import { byNumber, type Ask, type Strategy } from './strategy.ts'
import type { RouteTarget } from '../targets.ts'

const STALE_MS = 60_000

const meanOf = (target: RouteTarget, { facts, health }: Ask) =>
  facts.stream ? health(target).firstByte : health(target).whole

export const fastest: Strategy = {
  order: (ask) =>
    byNumber(ask.targets, (target) => {
      const { value, at } = meanOf(target, ask)
      const isStale = value === null || ask.now - at > STALE_MS
      return isStale && ask.health(target).inFlight === 0 ? -1 : (value ?? Number.POSITIVE_INFINITY)
    }),
  why(target, ask) {
    const { value } = meanOf(target, ask)
    const what = ask.facts.stream ? 'to the first byte' : 'to a whole answer'
    return value === null ? 'strategy fastest, not measured yet' : `strategy fastest, ${Math.round(value)} ms ${what}`
  },
}
