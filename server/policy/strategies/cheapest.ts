/**
 * The target whose tokens have cost least, as priced calls of it tell. One that was never priced is tried by one call first;
 * one that nobody can price stays last.
 */
import { byNumber, type Strategy } from './strategy.ts'

export const cheapest: Strategy = {
  order: ({ targets, health }) =>
    byNumber(targets, (target) => {
      const { price, inFlight } = health(target)
      if (price.value !== null) return price.value
      return price.at === 0 && inFlight === 0 ? -1 : Number.POSITIVE_INFINITY
    }),
  why(target, { health }) {
    const { value, at } = health(target).price
    if (value !== null) return `strategy cheapest, $${(value / 1000).toFixed(3)} a million tokens`
    return at === 0 ? 'strategy cheapest, not priced yet' : 'strategy cheapest, price unknown'
  },
}
