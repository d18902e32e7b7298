/** Every call behind a filter, oldest first, for `weir export` and the API's download: a page at a time, so memory stays bounded. */
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { Call } from '../../server/call.ts'
import type { ReadDb } from '../engine.ts'
import { parseFilter } from '../filter.ts'
import { toCall } from '../rows.ts'
import { inRange } from './scope.ts'
import { textSearch } from './text-search.ts'
import { toConditions } from './where.ts'

const PAGE = 500
/** An export is to be whole: the search has no bound that a database would reach. */
const ALL_HITS = 1_000_000_000

export interface ExportCalls {
  q?: string
  from?: number | null
  to?: number | null
  /** Only the calls of this session; apart from `q`, where a `*` in an id would mean anything. */
  sessionId?: string
}

/** @throws RangeError for a filter that cannot be understood: an export must not silently hold something else. */
export async function* exportCalls(db: ReadDb, { q = '', from, to, sessionId }: ExportCalls): AsyncGenerator<Call> {
  const { calls, attempts } = db.tables
  const filter = parseFilter(q)
  if (filter.problems.length > 0) throw new RangeError(`The filter cannot be understood: ${filter.problems.join('; ')}`)
  const conditions = [...inRange(db, { from, to }), ...toConditions(db, filter.terms)]
  if (sessionId !== undefined) conditions.push(eq(calls.sessionId, sessionId))
  if (filter.text.length > 0) {
    const hits = textSearch(db, filter.text, ALL_HITS)
    conditions.push(hits ? sql`${calls.pk} in (${hits})` : sql`1 = 0`)
  }
  let beyond: SQL = gt(calls.startedAt, -1)
  for (;;) {
    const rows = await db.db
      .select()
      .from(calls)
      .where(and(...conditions, beyond))
      .orderBy(asc(calls.startedAt), asc(calls.id))
      .limit(PAGE)
    if (rows.length === 0) return
    const tries = await db.db
      .select()
      .from(attempts)
      .where(
        inArray(
          attempts.callPk,
          rows.map(({ pk }) => pk),
        ),
      )
      .orderBy(asc(attempts.callPk), asc(attempts.n))
    const byCall = Map.groupBy(tries, ({ callPk }) => callPk)
    for (const row of rows) yield toCall(row, byCall.get(row.pk) ?? [])
    if (rows.length < PAGE) return
    const last = rows.at(-1)!
    beyond = sql`(${calls.startedAt}, ${calls.id}) > (${last.startedAt}, ${last.id})`
  }
}
