/** Calls and errors over time for the strip above the list: of all that the list shows, housekeeping included. */
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { ERRORS } from '../facts.ts'
import { createScope } from './scope.ts'
import { number } from './where.ts'

export interface Histogram {
  /** Milliseconds. */
  step: number
  points: { at: number; calls: number; errors: number }[]
  /** Why the older points may lack calls, else null. */
  incomplete: string | null
}

export interface HistogramArgs {
  q?: string
  from: number
  to: number
  /** 1 to 500. */
  buckets?: number
}

export const histogram = async (db: ReadDb, { q = '', from, to, buckets = 60 }: HistogramArgs): Promise<Histogram> => {
  const { calls } = db.tables
  const step = Math.max(1, Math.ceil((to - from) / Math.min(Math.max(1, Math.floor(buckets)), 500)))
  const begin = Math.floor(from)
  const scope = await createScope(db, q, { from, to }, { always: true })
  const failed = sql.raw(ERRORS.map((one) => `'${one}'`).join(', '))
  const rows = await db.db
    .select({
      n: sql<number>`(${calls.startedAt} - ${number(begin)}) / ${number(step)}`.mapWith(Number),
      calls: sql<number>`count(*)`.mapWith(Number),
      errors: sql<number>`sum(case when ${calls.outcome} in (${failed}) then 1 else 0 end)`.mapWith(Number),
    })
    .from(calls)
    .where(scope.where)
    .groupBy(sql`1`)
  const byIndex = new Map(rows.map((row) => [row.n, row]))
  const points = Array.from({ length: Math.max(1, Math.ceil((to - begin) / step)) }, (_, n) => ({
    at: begin + n * step,
    calls: byIndex.get(n)?.calls ?? 0,
    errors: byIndex.get(n)?.errors ?? 0,
  }))
  return { step, points, incomplete: scope.incomplete }
}
