/**
 * The rows that a question may read: its filter, its range, and a bound on both. Every list and every figure taken from rows goes
 * through here, so that none can read a year of calls because nothing matches; what is cut off is said.
 */
import { and, desc, gt, gte, lt, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { parseFilter } from '../filter.ts'
import type { ParsedFilter } from '../filter.ts'
import type { ReadDb } from '../engine.ts'
import { HITS_MAX, hasMoreHits, textSearch } from './text-search.ts'
import { toConditions } from './where.ts'

/** Rows that one question looks at: about half a second where each must be read. */
export const ROWS_MAX = 200_000

export interface Range {
  from?: number | null
  to?: number | null
}

export interface Scope {
  filter: ParsedFilter
  where: SQL
  /** Nothing before this was looked at; null: the whole range. */
  cutAt: number | null
  incomplete: string | null
}

export interface Bound {
  /** Rows to look at, counted from the newest. */
  limit?: number | undefined
  /** Also without a filter: all rows of the range will be read. */
  always?: boolean
}

export const createScope = async (db: ReadDb, q: string, range: Range, bound: Bound = {}): Promise<Scope> => {
  const { limit = ROWS_MAX, always = false } = bound
  const filter = parseFilter(q)
  const { calls } = db.tables
  const conditions: (SQL | undefined)[] = [...inRange(db, range), ...toConditions(db, filter.terms)]
  const reasons = [...filter.problems]
  if (filter.problems.length > 0) conditions.push(sql`1 = 0`)
  if (filter.text.length > 0 && filter.problems.length === 0) {
    const hits = textSearch(db, filter.text)
    conditions.push(hits ? sql`${calls.pk} in (${hits})` : sql`1 = 0`)
    if (!hits) reasons.push('there is no word in the text to search for')
    else if (await hasMoreHits(db, filter.text))
      reasons.push(`only the newest ${HITS_MAX.toLocaleString('en')} calls with this text were looked at; add a word`)
  }
  const isFiltered = filter.terms.length > 0 || filter.text.length > 0
  const cutAt = isFiltered || always ? await cutOf(db, range, limit) : null
  if (cutAt !== null) {
    conditions.push(gt(calls.startedAt, cutAt))
    reasons.push(`only the newest ${limit.toLocaleString('en')} calls of the range were looked at`)
  }
  return {
    filter,
    where: and(...conditions) ?? sql`1 = 1`,
    cutAt,
    incomplete: reasons.length > 0 ? reasons.join('; ') : null,
  }
}

export const inRange = ({ tables: { calls } }: ReadDb, { from, to }: Range): SQL[] => [
  ...(from === null || from === undefined ? [] : [gte(calls.startedAt, Math.floor(from))]),
  ...(to === null || to === undefined ? [] : [lt(calls.startedAt, Math.ceil(to))]),
]

/** When the range holds more than `limit` calls: the start of the newest one that is too many. Reads the index only. */
const cutOf = async (db: ReadDb, range: Range, limit: number): Promise<number | null> => {
  const { calls } = db.tables
  const [row] = await db.db
    .select({ at: calls.startedAt })
    .from(calls)
    .where(and(...inRange(db, range)))
    .orderBy(desc(calls.startedAt))
    .limit(1)
    .offset(limit)
  return row?.at ?? null
}
