/** Findings go with the last of their calls; what they quote goes with the content that it was quoted from. */
import { and, asc, gte, lt, or, sql } from 'drizzle-orm'
import type { Engine, Write } from '../engine.ts'
import type { PruneRequest } from '../store.ts'

const CHUNK = 200

/** True when there are more. */
export async function dropFindings(engine: Engine, request: PruneRequest): Promise<boolean> {
  const { callsBefore, contentBefore } = request
  const gone = callsBefore === null ? [] : await oldest(engine, callsBefore)
  const quoting = contentBefore === null ? [] : await oldestThatQuote(engine, callsBefore ?? 0, contentBefore)
  const writes: Write[] = []
  if (gone.length > 0) writes.push({ remove: 'findings', column: 'id', values: gone })
  if (quoting.length > 0) writes.push({ insert: 'findings', rows: quoting, key: 'id', update: ['evidence'] })
  if (writes.length > 0) await engine.atomic(writes)
  return gone.length === CHUNK || quoting.length === CHUNK
}

async function oldest({ db, tables: { findings: t } }: Engine, before: number): Promise<string[]> {
  const rows = await db.select({ id: t.id }).from(t).where(lt(t.lastAt, before)).orderBy(asc(t.lastAt)).limit(CHUNK)
  return rows.map(({ id }) => id)
}

async function oldestThatQuote({ db, tables: { findings: t } }: Engine, from: number, before: number) {
  const text = sql`cast(${t.evidence} as text)`
  // SQLite keeps the JSON as it was written, Postgres with a blank after the colon.
  const quotes = or(sql`${text} like '%"repeated":"%'`, sql`${text} like '%"repeated": "%'`)
  const rows = await db
    .select()
    .from(t)
    .where(and(gte(t.lastAt, from), lt(t.lastAt, before), quotes))
    .orderBy(asc(t.lastAt))
    .limit(CHUNK)
  return rows.map((row) => ({ ...row, evidence: row.evidence.map((one) => ({ ...one, repeated: null })) }))
}
