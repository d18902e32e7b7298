/** What calls with a key came to, from the rollups: for the list of keys, and for the holder of one. */
import { and, eq, gte, inArray, ne, sql } from 'drizzle-orm'
import type { AnyColumn, SQL } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { FOLDED, MINUTE, QUARTER } from '../rollup/rollups.ts'

export interface KeyUsage {
  /** Begin of the last minute (before yesterday: of the last quarter of an hour) in which a call with it began. */
  lastAt: number
  calls: number
  /** null: nothing is known of the cost of any of these calls. */
  costNano: number | null
}

export interface KeysUsage {
  byKey: Record<string, KeyUsage>
  /** There were more combinations of key, model and app than rollups keep apart: calls are missing above. */
  folded: boolean
}

const DAY = 86_400_000
/** The facet whose rows have all dimensions. */
const BASE = ''

const sum = (column: AnyColumn): SQL<number> => sql<number>`coalesce(sum(${column}), 0)`.mapWith(Number)

/** Calls that began since then, for each key. */
export const keysUsage = async (
  { db, tables: { rollups } }: ReadDb,
  { since }: { since: number },
): Promise<KeysUsage> => {
  const rows = await db
    .select({
      key: rollups.key,
      step: rollups.step,
      lastAt: sql<number>`max(${rollups.bucket})`.mapWith(Number),
      calls: sum(rollups.calls),
      priced: sum(rollups.priced),
      costNano: sum(rollups.costNano),
    })
    .from(rollups)
    .where(
      and(
        inArray(rollups.step, [QUARTER, MINUTE]),
        eq(rollups.facet, BASE),
        gte(rollups.bucket, floor(since)),
        ne(rollups.key, ''),
      ),
    )
    .groupBy(sql`1`, sql`2`)
  const byKey: Record<string, KeyUsage> = Object.create(null)
  for (const { key, step, lastAt, calls, priced, costNano } of rows) {
    const usage = (byKey[key] ??= { lastAt, calls: 0, costNano: 0 })
    usage.lastAt = Math.max(usage.lastAt, lastAt)
    if (step === QUARTER) Object.assign(usage, { calls, costNano: priced > 0 || calls === 0 ? costNano : null })
  }
  const folded = FOLDED in byKey
  delete byKey[FOLDED]
  return { byKey, folded }
}

export interface KeyDay {
  /** Start of the day (UTC). */
  day: number
  /** null: the model is not known. */
  model: string | null
  calls: number
  inputTokens: number
  outputTokens: number
  costNano: number | null
}

/** One key's calls since then, by day and model, newest day first. */
export const keyDays = async (
  { db, tables: { rollups } }: ReadDb,
  { key, since }: { key: string; since: number },
): Promise<KeyDay[]> => {
  const rows = await db
    .select({
      day: sql<number>`${rollups.bucket} / ${sql.raw(String(DAY))} * ${sql.raw(String(DAY))}`.mapWith(Number),
      model: rollups.model,
      calls: sum(rollups.calls),
      inputTokens: sum(rollups.inputTokens),
      outputTokens: sum(rollups.outputTokens),
      priced: sum(rollups.priced),
      costNano: sum(rollups.costNano),
    })
    .from(rollups)
    .where(
      and(
        eq(rollups.step, QUARTER),
        eq(rollups.facet, BASE),
        gte(rollups.bucket, Math.floor(since / DAY) * DAY),
        eq(rollups.key, key),
      ),
    )
    .groupBy(sql`1`, sql`2`)
    .orderBy(sql`1 desc`, sql`3 desc`)
  return rows.map(({ priced, model, costNano, ...row }) => ({
    ...row,
    model: model === '' || model === FOLDED ? null : model,
    costNano: priced > 0 ? costNano : null,
  }))
}

const floor = (at: number) => Math.floor(at / QUARTER) * QUARTER
