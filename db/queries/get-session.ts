/** One session: its sums, its agents as lanes, and one page of its calls as steps, oldest first. */
import { and, asc, count, eq, min, sql } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import type { SessionLane, SessionPage, Step } from './session-item.ts'
import { toSessionItems } from './session-items.ts'

const STEPS = 500
/** More agents than anyone tells apart. */
const LANES = 200

/** null: there is no such session. @throws RangeError when the cursor is none of ours. */
export const getSession = async (
  db: ReadDb,
  { id, cursor, limit = STEPS }: { id: string; cursor?: string | null | undefined; limit?: number },
): Promise<SessionPage | null> => {
  const { sessions } = db.tables
  const rows = await db.db.select().from(sessions).where(eq(sessions.id, id))
  const [session] = await toSessionItems(db, rows)
  if (!session) return null
  const steps = await readSteps(db, id, cursor ? fromCursor(cursor) : null, limit + 1)
  const page = steps.slice(0, limit)
  const last = page.at(-1)
  return {
    session,
    lanes: await readLanes(db, id),
    steps: page,
    next: steps.length > limit && last ? `${last.at}_${last.callId}` : null,
  }
}

async function readSteps(
  { db, tables: { calls } }: ReadDb,
  id: string,
  after: { at: number; callId: string } | null,
  limit: number,
): Promise<Step[]> {
  const rows = await db
    .select({
      callId: calls.id,
      at: calls.startedAt,
      durationMs: calls.durationMs,
      firstTokenMs: calls.firstTokenMs,
      lane: calls.lane,
      turn: calls.turn,
      parentId: calls.parentId,
      auxiliary: calls.auxiliary,
      provider: calls.provider,
      model: calls.model,
      outcome: calls.outcome,
      status: calls.status,
      costNano: calls.costNano,
      unpriced: calls.unpriced,
      inputTokens: calls.inputTokens,
      outputTokens: calls.outputTokens,
      cacheRead: calls.cacheRead,
      toolCalls: calls.toolCalls,
      preview: calls.preview,
      errorMessage: calls.errorMessage,
      newFrom: calls.newFrom,
      mark: calls.mark,
      cacheBreak: calls.cacheBreak,
      findings: calls.findings,
    })
    .from(calls)
    .where(
      and(
        eq(calls.sessionId, id),
        after ? sql`(${calls.startedAt}, ${calls.id}) > (${after.at}, ${after.callId})` : undefined,
      ),
    )
    .orderBy(asc(calls.startedAt), asc(calls.id))
    .limit(limit)
  return rows.map((row) => ({ ...row, unpriced: row.unpriced > 0 }))
}

async function readLanes(db: ReadDb, id: string): Promise<SessionLane[]> {
  const { calls } = db.tables
  const rows = await db.db
    .select({
      lane: calls.lane,
      calls: count(),
      first: min(calls.startedAt),
      costNano: sql<number | null>`sum(${calls.costNano})`.mapWith((sum: unknown) =>
        sum === null ? null : Number(sum),
      ),
    })
    .from(calls)
    .where(eq(calls.sessionId, id))
    .groupBy(calls.lane)
    .orderBy(sql`3`, asc(calls.lane))
    .limit(LANES)
  // Housekeeping has no lane; the agent that began comes first.
  rows.sort((a, b) => Number(a.lane === null) - Number(b.lane === null))
  const parents = rows.length > 1 ? await readParents(db, id) : new Map<string | null, string | null>()
  return rows.map((row, i) => ({
    lane: row.lane,
    parentLane: i === 0 ? null : (parents.get(row.lane) ?? null),
    name: toName(row.lane, i),
    calls: row.calls,
    costNano: row.costNano,
  }))
}

/** For each lane the lane of the call that its first call continues: the agent that started it. */
async function readParents({ db, tables: { calls } }: ReadDb, id: string): Promise<Map<string | null, string | null>> {
  const pairs = await db
    .select({ lane: calls.lane, parent: sql<string | null>`parent.lane` })
    .from(calls)
    .innerJoin(sql`${calls} as parent`, sql`parent.id = ${calls.parentId}`)
    .where(and(eq(calls.sessionId, id), sql`coalesce(parent.lane, '') <> coalesce(${calls.lane}, '')`))
    .orderBy(asc(calls.startedAt), asc(calls.id))
    .limit(10 * LANES)
  const parents = new Map<string | null, string | null>()
  for (const { lane, parent } of pairs) if (!parents.has(lane)) parents.set(lane, parent)
  return parents
}

/** What a client calls its agent is kept; a hash of a system prompt is a number for people. */
function toName(lane: string | null, place: number): string {
  if (place === 0 && (lane === null || HASH.test(lane))) return 'main'
  if (lane === null) return 'beside'
  return HASH.test(lane) ? `agent ${place + 1}` : lane
}
/** As threading makes them (eight of base64url; one in a hundred looks like a word and stays), or as clients do. */
const HASH = /^(?:(?=.+[A-Z])[\w-]{8}|[0-9a-f]{8,}|[0-9a-f]{8}-[0-9a-f-]{27})$/

function fromCursor(text: string): { at: number; callId: string } {
  const match = /^(\d{1,16})_(.{1,64})$/su.exec(text)
  if (!match) throw new RangeError('cursor: take the value of `next` from the page before, unchanged')
  return { at: Number(match[1]), callId: match[2]! }
}
