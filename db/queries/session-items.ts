/** Rows of sessions as the API gives them: the sums are in the row, what stands in the calls (models, growth, preview) is read here. */
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import type { SessionRow } from '../tables.ts'
import type { SessionFinding, SessionItem } from './session-item.ts'

/** Of a longer session every second, third … call is read: a page of fifty reads fifty thousand rows at most. */
const CALLS_READ = 1_000
const POINTS = 24

export const toSessionItems = async (db: ReadDb, rows: readonly SessionRow[]): Promise<SessionItem[]> => {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const byCalls = Map.groupBy(await readCalls(db, ids), ({ sessionId }) => sessionId)
  const previews = await readPreviews(
    db,
    ids.flatMap((id) => lastOf(byCalls.get(id) ?? [])?.pk ?? []),
  )
  const findings = await readFindings(db, ids)
  return rows.map((row): SessionItem => {
    const calls = byCalls.get(row.id) ?? []
    const first = <K extends 'user' | 'key' | 'app'>(name: K) =>
      calls.find((call) => call[name] !== null)?.[name] ?? null
    const { auxiliary: _auxiliary, ...sums } = row
    return {
      ...sums,
      costNano: row.unpriced > 0 && row.costNano === 0 ? null : row.costNano,
      models: different(calls.map((call) => call.model ?? call.responseModel)),
      providers: different(calls.map((call) => call.provider)),
      findings: findings.get(row.id) ?? [],
      user: first('user'),
      key: first('key'),
      app: first('app'),
      preview: previews.get(lastOf(calls)?.pk ?? -1) ?? null,
      growth: toGrowth(calls),
    }
  })
}

type CallPart = Awaited<ReturnType<typeof readCalls>>[number]

const readCalls = ({ db, tables: { calls, sessions } }: ReadDb, ids: string[]) =>
  db
    .select({
      pk: calls.pk,
      sessionId: calls.sessionId,
      model: calls.model,
      responseModel: calls.responseModel,
      provider: calls.provider,
      user: calls.user,
      key: calls.key,
      app: calls.app,
      lane: calls.lane,
      auxiliary: calls.auxiliary,
      inputTokens: calls.inputTokens,
    })
    .from(calls)
    .innerJoin(sessions, eq(calls.sessionId, sessions.id))
    // The row's number stands in the index: what is left out is not read.
    .where(
      and(inArray(sessions.id, ids), sql`${calls.pk} % (${sessions.calls} / ${sql.raw(String(CALLS_READ))} + 1) = 0`),
    )
    .orderBy(asc(calls.startedAt), asc(calls.id))

/** The latest call that is no housekeeping. */
const lastOf = (calls: readonly CallPart[]): CallPart | null =>
  calls.findLast(({ auxiliary }) => !auxiliary) ?? calls.at(-1) ?? null

async function readPreviews({ db, tables: { calls } }: ReadDb, pks: number[]): Promise<Map<number, string | null>> {
  if (pks.length === 0) return new Map()
  const rows = await db
    .select({ pk: calls.pk, preview: calls.preview, error: calls.errorMessage })
    .from(calls)
    .where(inArray(calls.pk, pks))
  return new Map(rows.map(({ pk, preview, error }) => [pk, preview ?? error]))
}

async function readFindings(
  { db, tables: { findings } }: ReadDb,
  ids: string[],
): Promise<Map<string | null, SessionFinding[]>> {
  const rows = await db
    .select({ id: findings.id, verdict: findings.verdict, state: findings.state, sessionId: findings.sessionId })
    .from(findings)
    .where(inArray(findings.sessionId, ids))
    .orderBy(desc(findings.lastAt))
  const bySession = Map.groupBy(rows, ({ sessionId }) => sessionId)
  return new Map(
    [...bySession].map(([id, own]) => [
      id,
      own.map(({ id: finding, verdict, state }) => ({ id: finding, verdict, state })),
    ]),
  )
}

const different = (names: readonly (string | null)[]): string[] => [
  ...new Set(names.filter((name): name is string => name !== null && name !== '')),
]

/** Of the agent that began: the contexts of sub-agents are theirs, and would make it a saw. */
function toGrowth(calls: readonly CallPart[]): number[] {
  const lane = calls.find((call) => call.lane !== null)?.lane ?? null
  const turns = calls.filter((call) => !call.auxiliary && call.lane === lane).flatMap((call) => call.inputTokens ?? [])
  if (turns.length <= POINTS) return turns
  return Array.from({ length: POINTS }, (_, i) => turns[Math.round((i * (turns.length - 1)) / (POINTS - 1))]!)
}
