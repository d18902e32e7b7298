/** Where a call stands in its session: its number in order of time, and the calls beside it. */
import { and, asc, count, desc, eq, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'

export interface StepPlace {
  /** 1, 2, … */
  step: number
  steps: number
  /** Ids of the calls beside it. */
  previous: string | null
  next: string | null
}

/** null: the session has no such call. */
export const stepPlace = async (
  { db, tables: { calls } }: ReadDb,
  { id, callId }: { id: string; callId: string },
): Promise<StepPlace | null> => {
  const own = eq(calls.sessionId, id)
  const [call] = await db
    .select({ at: calls.startedAt })
    .from(calls)
    .where(and(eq(calls.id, callId), own))
  if (!call) return null
  const before = sql`(${calls.startedAt}, ${calls.id}) < (${call.at}, ${callId})`
  const after = sql`(${calls.startedAt}, ${calls.id}) > (${call.at}, ${callId})`
  const beside = async (side: SQL, turn: typeof asc) => {
    const [found] = await db
      .select({ id: calls.id })
      .from(calls)
      .where(and(own, side))
      .orderBy(turn(calls.startedAt), turn(calls.id))
      .limit(1)
    return found?.id ?? null
  }
  const sum = async (where: SQL | undefined) => {
    const [row] = await db.select({ n: count() }).from(calls).where(where)
    return row?.n ?? 0
  }
  return {
    step: (await sum(and(own, before))) + 1,
    steps: await sum(own),
    previous: await beside(before, desc),
    next: await beside(after, asc),
  }
}
