/** The targets as they are written: the next one is there for when the one before it fails. */
import type { Strategy } from './strategy.ts'

export const first: Strategy = {
  order: ({ targets }) => [...targets],
  why: () => 'strategy first',
}
