/** Sessions behind a filter, those with the latest call first, page by page on (lastAt, id). */
import { and, desc, gt, gte, lt, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { parseFilter } from '../filter.ts'
import type { SessionList } from './session-item.ts'
import { toSessionItems } from './session-items.ts'
import { sessionConditions } from './session-where.ts'

export interface ListSessions {
  q?: string
  /** Sessions that were active between: epoch milliseconds, `from` inclusive, `to` exclusive. */
  from?: number | null
  to?: number | null
  /** 1 to 200. */
  limit?: number
  /** `next` of the page before. */
  cursor?: string | null
}

/** With a filter, each session's calls may have to be read: so many are looked at in one go, and the next page goes on from there. */
const LOOKED_AT = 5_000

/** @throws RangeError when the cursor is none of ours. */
export const listSessions = async (db: ReadDb, args: ListSessions): Promise<SessionList> => {
  const { sessions } = db.tables
  const limit = Math.min(Math.max(1, Math.floor(args.limit ?? 50)), 200)
  const filter = parseFilter(args.q ?? '')
  if (filter.problems.length > 0) return { items: [], next: null, incomplete: filter.problems.join('; ') }
  const range = inRange(db, args)
  const isFiltered = filter.terms.length > 0 || filter.text.length > 0
  const cutAt = isFiltered ? await cutOf(db, range) : null
  const rows = await db.db
    .select()
    .from(sessions)
    .where(and(...range, ...sessionConditions(db, filter), ...(cutAt === null ? [] : [gt(sessions.lastAt, cutAt)])))
    .orderBy(desc(sessions.lastAt), desc(sessions.id))
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const more = rows.length > limit && last ? toCursor(last.lastAt, last.id) : null
  return {
    items: await toSessionItems(db, page),
    // What was looked at is used up: the next page begins at the first session that was not.
    next: more ?? (cutAt === null ? null : toCursor(cutAt, LAST_ID)),
    incomplete:
      more === null && cutAt !== null
        ? `only the newest ${LOOKED_AT.toLocaleString('en')} sessions were looked at; the next page goes on from there`
        : null,
  }
}

/** After every id. */
const LAST_ID = '\u{10ffff}'

function inRange({ tables: { sessions } }: ReadDb, { from, to, cursor }: ListSessions): SQL[] {
  const conditions: SQL[] = []
  if (from !== null && from !== undefined) conditions.push(gte(sessions.lastAt, Math.floor(from)))
  if (to !== null && to !== undefined) conditions.push(lt(sessions.startedAt, Math.ceil(to)))
  if (cursor) {
    const { lastAt, id } = fromCursor(cursor)
    conditions.push(sql`(${sessions.lastAt}, ${sessions.id}) < (${lastAt}, ${id})`)
  }
  return conditions
}

async function cutOf({ db, tables: { sessions } }: ReadDb, range: SQL[]): Promise<number | null> {
  const [row] = await db
    .select({ at: sessions.lastAt })
    .from(sessions)
    .where(and(...range))
    .orderBy(desc(sessions.lastAt), desc(sessions.id))
    .limit(1)
    .offset(LOOKED_AT)
  return row?.at ?? null
}

const toCursor = (lastAt: number, id: string): string => `${lastAt}_${id}`

function fromCursor(text: string): { lastAt: number; id: string } {
  const match = /^(\d{1,16})_(.+)$/su.exec(text)
  if (!match) throw new RangeError('cursor: take the value of `next` from the page before, unchanged')
  return { lastAt: Number(match[1]), id: match[2]! }
}
