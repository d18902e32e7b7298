/** One call, whole, with its attempts. */
import { asc, eq } from 'drizzle-orm'
import type { Call } from '../../server/call.ts'
import type { ReadDb } from '../engine.ts'
import { toCall } from '../rows.ts'

export const getCall = async ({ db, tables }: ReadDb, { id }: { id: string }): Promise<Call | null> => {
  const { calls, attempts } = tables
  const [row] = await db.select().from(calls).where(eq(calls.id, id)).limit(1)
  if (!row) return null
  return toCall(row, await db.select().from(attempts).where(eq(attempts.callPk, row.pk)).orderBy(asc(attempts.n)))
}
