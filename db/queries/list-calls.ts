/** The calls behind a filter, newest first (or oldest first), page by page on (startedAt, id): stable while new calls come in. */
import { and, asc, desc, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { listColumns, toListItem } from './call-columns.ts'
import type { CallListItem } from './call-columns.ts'
import { createScope } from './scope.ts'

export type { CallListItem } from './call-columns.ts'

export interface ListCalls {
  q?: string
  /** Epoch milliseconds, `from` inclusive, `to` exclusive. */
  from?: number | null
  to?: number | null
  /** 1 to 500. */
  limit?: number
  /** `next` of the page before. */
  cursor?: string | null
  order?: 'newest' | 'oldest'
}

export interface CallList {
  items: CallListItem[]
  next: string | null
  /** Why calls may be missing from this page or may follow on the next one although `items` is short; null: it is whole. */
  incomplete: string | null
}

/** @throws RangeError when the cursor is none of ours. */
export const listCalls = async (db: ReadDb, args: ListCalls): Promise<CallList> => {
  const { q = '', from, to, order = 'newest' } = args
  const limit = Math.min(Math.max(1, Math.floor(args.limit ?? 50)), 500)
  const newest = order === 'newest'
  const cursor = args.cursor ? fromCursor(args.cursor) : null
  // Rows before the cursor need not be looked at again: the range ends (or begins) there.
  const range = !cursor
    ? { from, to }
    : newest
      ? { from, to: Math.min(to ?? Infinity, cursor.startedAt + 1) }
      : { from: Math.max(from ?? 0, cursor.startedAt), to }
  const scope = await createScope(db, q, finite(range))
  const { calls } = db.tables
  const turn = newest ? desc : asc
  const rows = await db.db
    .select(listColumns(db))
    .from(calls)
    .where(and(scope.where, cursor ? beyond(db, cursor, newest) : undefined))
    .orderBy(turn(calls.startedAt), turn(calls.id))
    .limit(limit + 1)
  const items = rows.slice(0, limit).map(toListItem)
  const last = items.at(-1)
  const more = rows.length > limit && last ? toCursor(last.startedAt, last.id) : null
  // The part that was looked at is used up: the next page looks at the part before it.
  const onward = more === null && newest && scope.cutAt !== null ? toCursor(scope.cutAt, LAST_ID) : null
  return { items, next: more ?? onward, incomplete: more === null ? scope.incomplete : withoutCut(scope) }
}

interface Cursor {
  startedAt: number
  id: string
}

/** After every id. */
const LAST_ID = '~'

const beyond = ({ tables: { calls } }: ReadDb, { startedAt, id }: Cursor, newest: boolean): SQL =>
  newest
    ? sql`(${calls.startedAt}, ${calls.id}) < (${startedAt}, ${id})`
    : sql`(${calls.startedAt}, ${calls.id}) > (${startedAt}, ${id})`

/** While the page is full, the bound on rows has cost nothing. */
const withoutCut = ({ cutAt, incomplete }: { cutAt: number | null; incomplete: string | null }): string | null =>
  cutAt === null ? incomplete : null

const finite = ({ from, to }: { from?: number | null | undefined; to?: number | null | undefined }) => ({
  from: from ?? null,
  to: to === Infinity ? null : (to ?? null),
})

export const toCursor = (startedAt: number, id: string): string => `${startedAt}_${id}`

function fromCursor(text: string): Cursor {
  const match = /^(\d{1,16})_(.{1,64})$/su.exec(text)
  if (!match) throw new RangeError('cursor: take the value of `next` from the page before, unchanged')
  return { startedAt: Number(match[1]), id: match[2]! }
}
