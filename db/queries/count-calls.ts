/** How many calls a filter finds, counted up to a bound. */
import type { ReadDb } from '../engine.ts'
import { createScope } from './scope.ts'
import { inScope } from './row-sums.ts'

export interface CountCalls {
  count: number
  /** There are at least this many; counting stopped. */
  capped: boolean
}

/** Counting further costs more than anybody wants to know. */
const COUNT_MAX = 100_000

export const countCalls = async (
  db: ReadDb,
  { q = '', from, to }: { q?: string; from?: number | null; to?: number | null },
): Promise<CountCalls> => {
  const scope = await createScope(db, q, { from, to })
  const count = await inScope(db, scope, COUNT_MAX + 1)
  return { count: Math.min(count, COUNT_MAX), capped: count > COUNT_MAX || scope.incomplete !== null }
}
