/** What threading asks of the database where its memory does not know: heads, the agents of a session, its calls. */
import { asc, inArray, eq } from 'drizzle-orm'
import type { Engine } from '../engine.ts'
import type { ThreadStore } from '../store.ts'

/** Of one question; with equal heads by the thousand the latest are the ones that count. */
const HEADS = 2000
/** Hashes in one question. */
const ASKED = 500

export const createThreadStore = (engine: Engine): ThreadStore => {
  const { db } = engine
  const { heads, lanes, calls } = engine.tables
  return {
    heads: async (hashes) => {
      const rows = []
      for (let at = 0; at < hashes.length; at += ASKED)
        rows.push(...(await engine.heads(hashes.slice(at, at + ASKED), HEADS)))
      return rows
    },
    headsOf: async (pks) =>
      db
        .select()
        .from(heads)
        .where(inArray(heads.pk, [...pks])),
    lanes: async (sessionIds) =>
      db
        .select()
        .from(lanes)
        .where(inArray(lanes.sessionId, [...sessionIds])),
    callsOf: async (sessionId, most) =>
      db
        .select({
          id: calls.id,
          sessionId: calls.sessionId,
          sessionSource: calls.sessionSource,
          parentId: calls.parentId,
          lane: calls.lane,
          turn: calls.turn,
          newFrom: calls.newFrom,
          mark: calls.mark,
        })
        .from(calls)
        .where(eq(calls.sessionId, sessionId))
        .orderBy(asc(calls.startedAt), asc(calls.id))
        .limit(most),
  }
}
