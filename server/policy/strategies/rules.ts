/** The targets whose condition holds, in their order, then those without one. What no condition lets in is not tried at all. */
import type { Strategy } from './strategy.ts'

export const rules: Strategy = {
  order: ({ targets, facts }) => [
    ...targets.filter(({ rule }) => rule?.(facts) === true),
    ...targets.filter(({ rule }) => rule === null),
  ],
  why: ({ rule }) => (rule ? 'strategy rules, its condition holds' : 'strategy rules, without a condition'),
}
