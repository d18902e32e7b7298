/** The loops that were found, the latest first; and what people say of one. */
import { and, desc, eq, inArray, lt, or } from 'drizzle-orm'
import type { Finding, FindingState } from '../../server/loops/finding.ts'
import type { Verdict } from '../../server/loops/verdict.ts'
import type { ReadDb, WriteDb } from '../engine.ts'

export interface FindingsArgs {
  states: FindingState[] | null
  verdicts: Verdict[] | null
  sessionId: string | null
  limit: number
  /** `next` of the page before. */
  cursor: string | null
}

export interface FindingList {
  items: Finding[]
  next: string | null
}

export const listFindings = async (
  { db, tables: { findings: t } }: ReadDb,
  args: FindingsArgs,
): Promise<FindingList> => {
  const { states, verdicts, sessionId, limit, cursor } = args
  const after = cursor === null ? null : toPlace(cursor)
  const rows = await db
    .select()
    .from(t)
    .where(
      and(
        states ? inArray(t.state, states) : undefined,
        verdicts ? inArray(t.verdict, verdicts) : undefined,
        sessionId === null ? undefined : eq(t.sessionId, sessionId),
        after ? or(lt(t.lastAt, after.at), and(eq(t.lastAt, after.at), lt(t.id, after.id))) : undefined,
      ),
    )
    .orderBy(desc(t.lastAt), desc(t.id))
    .limit(limit + 1)
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? `${last.lastAt}.${last.id}` : null }
}

const toPlace = (cursor: string) => {
  const cut = cursor.indexOf('.')
  return { at: Number(cursor.slice(0, cut)), id: cursor.slice(cut + 1) }
}

export const getFinding = async (
  { db, tables: { findings: t } }: ReadDb,
  { id }: { id: string },
): Promise<Finding | null> => (await db.select().from(t).where(eq(t.id, id)))[0] ?? null

/** False: there is no such finding. */
export const setFindingState = async (
  { db, tables: { findings: t } }: WriteDb,
  id: string,
  state: FindingState,
): Promise<boolean> => (await db.update(t).set({ state }).where(eq(t.id, id)).returning({ id: t.id })).length > 0
