/**
 * Retention: content of old calls goes, then old calls, then the oldest content while the database is too big. One call does one
 * chunk; rollups stay for ever, so an old month's spend stays right, except minutes, which only serve the last day. The row of a
 * call whose content went says so (`content: expired`). What deltas of later calls refer to stays until they go, too (frames/expire.ts):
 * a day longer at most, and what it says stands in those later requests anyway.
 */
import { and, asc, eq, inArray, lt, ne } from 'drizzle-orm'
import type { Engine } from './engine.ts'
import type { PruneRequest, PruneResult } from './store.ts'
import { sizeOf } from './pack.ts'
import { createKeys, removeCalls, toDoc } from './removal.ts'
import type { Identified } from './removal.ts'
import { pksOf } from '../server/sessions/head.ts'
import { dropFindings } from './findings/prune.ts'
import { foldSessions } from './sessions/fold.ts'
import { dropHeads } from './sessions/prune-heads.ts'
import { ALL, MARK, MINUTE, MINUTES_KEPT, MODELS } from './rollup/rollups.ts'

/** Bytes of content that one chunk may remove: SQLite overwrites them, 100 MB at once would hold up the recorder. */
const BYTES_A_CHUNK = 8 * 1024 * 1024
/** Chunks of the oldest content that are looked at for what is due. */
const LOOK_AHEAD = 5
const MINUTES_A_CHUNK = 5000
interface Pruned extends Engine {
  /** Content of these is gone. */
  onGone(pks: readonly number[]): void
}

const NOTHING: PruneResult = { contentRemoved: 0, callsRemoved: 0, more: false }

export const createPrune =
  (engine: Engine, now: () => number, onGone: (pks: readonly number[]) => void) =>
  async (request: PruneRequest): Promise<PruneResult> =>
    (await engine.exclusively(() => pruneChunk({ ...engine, onGone }, request, now()))) ?? NOTHING

async function pruneChunk(engine: Pruned, request: PruneRequest, now: number): Promise<PruneResult> {
  const minutes = await dropMinutes(engine, now - MINUTES_KEPT)
  const heads = await dropHeads(engine, now)
  const findings = await dropFindings(engine, request)
  const calls = request.callsBefore === null ? NOTHING : await dropCalls(engine, request.callsBefore, request.chunk)
  if (calls.more) return calls
  const aged =
    request.contentBefore === null ? NOTHING : await dropContent(engine, request.contentBefore, request.chunk)
  const result = add(calls, aged)
  if (result.more) return result
  const pressed = request.maxBytes === null ? NOTHING : await dropForBytes(engine, request.maxBytes, request.chunk)
  await engine.shrink()
  return add(result, pressed, { ...NOTHING, more: minutes || heads || findings })
}

const add = (...results: PruneResult[]): PruneResult => ({
  contentRemoved: results.reduce((sum, one) => sum + one.contentRemoved, 0),
  callsRemoved: results.reduce((sum, one) => sum + one.callsRemoved, 0),
  more: results.some((one) => one.more),
})

async function dropCalls(engine: Pruned, before: number, chunk: number): Promise<PruneResult> {
  const { calls } = engine.tables
  const rows = await engine.db
    .select()
    .from(calls)
    .where(lt(calls.startedAt, before))
    .orderBy(asc(calls.startedAt), asc(calls.id))
    .limit(chunk)
  if (rows.length === 0) return NOTHING
  const taken = await takeContents(engine, rows)
  const pks = taken.rows.map(({ pk }) => pk)
  const heads = taken.rows.flatMap(({ id }) => pksOf(id))
  await engine.atomic([
    ...removeCalls(pks),
    { unindex: taken.docs },
    { remove: 'heads', column: 'pk', values: heads },
    ...foldSessions(taken.rows, []),
  ])
  engine.onGone(pks)
  await engine.shrink()
  const withContent = taken.rows.filter(({ content }) => content === 'kept').length
  return {
    contentRemoved: withContent,
    callsRemoved: pks.length,
    more: rows.length === chunk || pks.length < rows.length,
  }
}

async function dropContent(engine: Pruned, before: number, chunk: number): Promise<PruneResult> {
  const { calls, payloads } = engine.tables
  // Content lies in order of storing, which is nearly that of starting: only its oldest end is looked at, never all of it. A few
  // rows that started later than they should (a clock that jumped) do not stand in the way.
  const oldest = await engine.db
    .select({
      pk: calls.pk,
      startedAt: calls.startedAt,
      requestId: calls.requestId,
      responseId: calls.responseId,
      traceId: calls.traceId,
      spanId: calls.spanId,
    })
    .from(payloads)
    .innerJoin(calls, eq(calls.pk, payloads.callPk))
    // Not key frames whose content has gone already.
    .where(ne(calls.content, 'expired'))
    .orderBy(asc(payloads.callPk))
    .limit(chunk * LOOK_AHEAD)
  const rows = oldest.filter(({ startedAt }) => startedAt < before).slice(0, chunk)
  if (rows.length === 0) return NOTHING
  const taken = await takeContents(engine, rows)
  const pks = taken.rows.map(({ pk }) => pk)
  const named = taken.docs.filter(({ ids }) => ids.length > 0).map((doc) => ({ ...doc, text: '' }))
  await engine.atomic([
    { expire: { pks } },
    { unindex: taken.docs },
    { index: named },
    { set: { content: 'expired' }, table: 'calls', column: 'pk', values: pks },
    // The preview is content, too.
    { set: { preview: null }, table: 'calls', column: 'pk', values: pks },
  ])
  engine.onGone(pks)
  return { contentRemoved: pks.length, callsRemoved: 0, more: rows.length === chunk || pks.length < rows.length }
}

/** Content of as many of `rows` as a chunk may remove, and what the index knows of them. */
async function takeContents<R extends Identified>(engine: Pruned, rows: readonly R[]) {
  const { payloads } = engine.tables
  const keyOf = createKeys(engine)
  const taken: R[] = []
  const docs = []
  let bytes = 0
  for (const row of rows) {
    if (bytes >= BYTES_A_CHUNK) break
    const [content] = await engine.db.select().from(payloads).where(eq(payloads.callPk, row.pk))
    bytes += content ? sizeOf(content) : 0
    taken.push(row)
    docs.push(toDoc(row, content, await keyOf(content?.framePk ?? null)))
  }
  return { rows: taken, docs }
}

async function dropForBytes(engine: Pruned, maxBytes: number, chunk: number): Promise<PruneResult> {
  if ((await engine.usedBytes()) <= maxBytes) return NOTHING
  const result = await dropContent(engine, Number.MAX_SAFE_INTEGER, chunk)
  const done = result.contentRemoved === 0 || (await engine.usedBytes()) <= maxBytes
  return { ...result, more: !done }
}

/** True when there are more. */
async function dropMinutes(engine: Pruned, before: number): Promise<boolean> {
  const t = engine.tables.rollups
  const rows = await engine.db
    .select({ pk: t.pk })
    .from(t)
    .where(and(eq(t.step, MINUTE), inArray(t.facet, ['', ALL, MODELS, MARK]), lt(t.bucket, before)))
    .limit(MINUTES_A_CHUNK)
  if (rows.length > 0) await engine.atomic([{ remove: 'rollups', column: 'pk', values: rows.map(({ pk }) => pk) }])
  return rows.length === MINUTES_A_CHUNK
}
