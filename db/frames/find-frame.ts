/** The current key frame of a conversation, as the database has it: after a restart, or when another Weir stored the turns before. */
import { and, desc, eq, gte, isNull, notInArray, sql } from 'drizzle-orm'
import type { SQL, SQLWrapper } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { REPLACED } from '../pack.ts'
import type { CallRow, PayloadRow } from '../tables.ts'

export interface Found {
  pk: number
  startedAt: number
  content: Pick<PayloadRow, 'codec' | 'packed' | 'request'>
  /** Bytes of the deltas that refer to it. */
  spent: number
}

/** Newest calls of the session that are looked at: a key frame serves some dozens. */
const LOOK_BACK = 200

export type Place = Pick<CallRow, 'sessionId' | 'lane' | 'dialect' | 'startedAt'>

/** `since`: older ones serve no longer; `except`: rows that are about to be replaced. */
export const findFrame = async (
  { db, tables }: Pick<ReadDb, 'db' | 'tables'>,
  place: Place,
  { since, except }: { since: number; except: readonly number[] },
): Promise<Found | null> => {
  const { calls, payloads } = tables
  const recent = db
    .select({
      pk: calls.pk,
      startedAt: calls.startedAt,
      lane: calls.lane,
      dialect: calls.dialect,
      content: calls.content,
    })
    .from(calls)
    .where(and(eq(calls.sessionId, place.sessionId!), gte(calls.startedAt, since)))
    .orderBy(desc(calls.startedAt))
    .limit(LOOK_BACK)
    .as('recent')
  const same = (column: SQLWrapper, value: string | null): SQL =>
    value === null ? isNull(column) : sql`${column} = ${value}`
  const [row] = await db
    .select({
      pk: recent.pk,
      startedAt: recent.startedAt,
      codec: payloads.codec,
      packed: payloads.packed,
      request: payloads.request,
    })
    .from(recent)
    .innerJoin(payloads, eq(payloads.callPk, recent.pk))
    .where(
      and(
        same(recent.lane, place.lane),
        same(recent.dialect, place.dialect),
        eq(recent.content, 'kept'),
        isNull(payloads.framePk),
        sql`(${payloads.codec} & ${sql.raw(String(REPLACED))}) = 0`,
        except.length > 0 ? notInArray(recent.pk, [...except]) : undefined,
      ),
    )
    .orderBy(desc(recent.startedAt), desc(recent.pk))
    .limit(1)
  if (!row) return null
  const { pk, startedAt, ...content } = row
  return { pk, startedAt, content, spent: await spentOn({ db, tables }, pk) }
}

async function spentOn({ db, tables: { payloads } }: Pick<ReadDb, 'db' | 'tables'>, pk: number): Promise<number> {
  const [row] = await db
    .select({ bytes: sql<number>`coalesce(sum(length(${payloads.packed})), 0)`.mapWith(Number) })
    .from(payloads)
    .where(eq(payloads.framePk, pk))
  return row?.bytes ?? 0
}
