/** What an id that someone pasted belongs to: call, response, request, trace, span or session id, or one that the call's text holds. */
import { desc, eq, sql } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { toText } from '../text.ts'
import { idSearch, textSearch } from './text-search.ts'

export interface FoundId {
  kind: 'call' | 'session'
  id: string
}

/** As many as a person would look through. */
const FOUND_MAX = 20

/** Exact matches first; tool-call ids are found where the recorder put them into the search text. */
export const findId = async (db: ReadDb, args: { id: string }): Promise<FoundId[]> => {
  const id = toText(args.id.trim(), 256)
  if (id === '') return []
  const { calls } = db.tables
  const [own] = await db.db.select({ id: calls.id }).from(calls).where(eq(calls.id, id.toLowerCase())).limit(1)
  if (own) return [{ kind: 'call', id: own.id }]
  const [session] = await db.db.select({ id: calls.sessionId }).from(calls).where(eq(calls.sessionId, id)).limit(1)
  const found: FoundId[] = session ? [{ kind: 'session', id }] : []
  const named = await byNumber(db, idSearch(db, id))
  const exact = named.filter((row) =>
    [row.requestId, row.responseId, row.traceId, row.spanId].some((one) => same(one, id)),
  )
  found.push(...exact.map((row): FoundId => ({ kind: 'call', id: row.id })))
  if (found.length > 0) return found
  const text = textSearch(db, [id], FOUND_MAX)
  return text ? (await byNumber(db, text)).map((row) => ({ kind: 'call', id: row.id })) : []
}

/** Trace ids are written in either case. */
const same = (one: string | null, id: string): boolean => one !== null && one.toLowerCase() === id.toLowerCase()

const byNumber = ({ db, tables: { calls } }: ReadDb, numbers: ReturnType<typeof idSearch>) =>
  db
    .select({
      id: calls.id,
      requestId: calls.requestId,
      responseId: calls.responseId,
      traceId: calls.traceId,
      spanId: calls.spanId,
    })
    .from(calls)
    .where(sql`${calls.pk} in (${numbers})`)
    .orderBy(desc(calls.startedAt))
    .limit(FOUND_MAX)
