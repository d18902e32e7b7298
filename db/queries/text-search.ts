/**
 * Full-text search: the one question that each database has its own word for. Newest hits first, and no more than a bound: a
 * word that stands in every call must not read them all.
 */
import { sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { toFtsQuery, toIdWord, toTsQuery } from '../words.ts'

/** Hits that are looked at, newest stored first. 20,000 take about 50 ms. */
export const HITS_MAX = 20_000

/** A subquery of row numbers. null: there is no word in `text`, so nothing can be found by it. */
export const textSearch = (db: ReadDb, text: readonly string[], limit: number = HITS_MAX, offset = 0): SQL | null => {
  const bounds = sql`limit ${sql.raw(String(limit))} offset ${sql.raw(String(offset))}`
  if (db.kind === 'sqlite') {
    const query = toFtsQuery(text)
    return query === null
      ? null
      : sql`select rowid from (select rowid from search where search match ${query} order by rowid desc ${bounds})`
  }
  const query = toTsQuery(text)
  return query === null
    ? null
    : sql`select call_pk from search where text @@ ${query}::tsquery order by call_pk desc ${bounds}`
}

/** Calls one of whose ids is this one, or differs from it in punctuation only. */
export const idSearch = (db: ReadDb, id: string): SQL => {
  const word = toIdWord(id)
  return db.kind === 'sqlite'
    ? sql`select rowid from (select rowid from search where search match ${`ids : "${word}"`} order by rowid desc limit 1000)`
    : sql`select call_pk from search where ids @> array[${word}]::text[] limit 1000`
}

/** Whether there are more hits than the bound. */
export const hasMoreHits = async (db: ReadDb, text: readonly string[]): Promise<boolean> => {
  const beyond = textSearch(db, text, 1, HITS_MAX)
  if (!beyond) return false
  const { calls } = db.tables
  const rows = await db.db
    .select({ pk: calls.pk })
    .from(calls)
    .where(sql`${calls.pk} in (${beyond})`)
    .limit(1)
  return rows.length > 0
}
