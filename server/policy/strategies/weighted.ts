/** Each target gets its share of the calls; the rest of the order is drawn in the same way. Weight 0 is only for when all others fail. */
import { byNumber, type Strategy } from './strategy.ts'

export const weighted: Strategy = {
  // Efraimidis and Spirakis: the smallest -ln(u)/weight comes first with a probability in proportion to the weight.
  order: ({ targets, random }) =>
    byNumber(targets, ({ weight }) => (weight === 0 ? Number.POSITIVE_INFINITY : -Math.log(1 - random()) / weight)),
  why: ({ weight }) => `strategy weighted, weight ${weight}`,
}
