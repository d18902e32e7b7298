/** How each provider did in a range: calls, failures, and the middle of their durations. */
import type { ReadDb } from '../engine.ts'
import { FOLDED } from '../rollup/rollups.ts'
import { quantile } from '../rollup/sketch.ts'
import { aggregate } from './aggregate.ts'

export interface ProviderFigures {
  provider: string
  calls: number
  errors: number
  /** Milliseconds; null: nothing measured. */
  p50Ms: number | null
}

export const providerFigures = async (
  db: ReadDb,
  { from, to }: { from: number; to: number },
): Promise<ProviderFigures[]> => {
  const { cells } = await aggregate(db, { q: '', from, to, by: 'provider', steps: null, sketches: true })
  return cells.flatMap(({ name, sums, duration }) =>
    name === null || name === FOLDED
      ? []
      : [{ provider: name, calls: sums.calls, errors: sums.errors, p50Ms: quantile(duration, 0.5) }],
  )
}
