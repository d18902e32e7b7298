/**
 * The recorder's store over either engine. `record` works out everything that a batch changes before it opens the transaction, so
 * that the transaction is nothing but writes; what it keeps in memory (rollup buckets, open starts, the count of rows) is thrown
 * away when a write fails, and read again.
 */
import { and, eq, inArray } from 'drizzle-orm'
import type { Engine, SearchDoc, Write } from './engine.ts'
import type { OpenStart, RecordBatch, RecordedCall, Store } from './store.ts'
import type { CallRow, PayloadRow } from './tables.ts'
import { findingOf, findingWrites } from './findings/writes.ts'
import { isKeyGone } from './frames/expire.ts'
import { createFrames } from './frames/frames.ts'
import type { Frames } from './frames/frames.ts'
import { createPacker, REPLACED, sizeOf, suitsDelta } from './pack.ts'
import type { Packer } from './pack.ts'
import { createPrune } from './prune.ts'
import { createKeys, removeCalls, toDoc } from './removal.ts'
import { MEASURES } from './rollup/measures.ts'
import { createRollups } from './rollup/rollups.ts'
import { idsOf, toAttemptRows, toCallRow, toTagRows } from './rows.ts'
import { createThreadStore } from './sessions/ask.ts'
import { sessionWrites } from './sessions/writes.ts'
import { toText } from './text.ts'

/** Longest text that is indexed; the recorder sends less. */
const SEARCH_MAX = 100_000

export interface StoreOptions {
  /** Who stores: rows of one writer are numbered without gaps in order of storing. */
  writer: string
  now?: () => number
}

interface Known {
  seq: number
  open: Map<string, Map<string, OpenStart>>
}

interface Fresh {
  row: CallRow
  recorded: RecordedCall
  content: PayloadRow | null
  doc: SearchDoc
}

export const createStore = (engine: Engine, { writer, now = Date.now }: StoreOptions): Store => {
  const { db, tables } = engine
  const rollups = createRollups({
    writer,
    now,
    load: (step, bucket) => loadBucket(engine, writer, step, bucket),
    numbers: (count) => engine.numbers('rollups_pk', count),
  })
  const packer = createPacker()
  const frames = createFrames(engine)
  let known: Known | null = null
  const recall = async (): Promise<Known> =>
    (known ??= { seq: await readCount(engine, `seq:${writer}`), open: new Map() })

  const openOf = async (state: Known, name: string): Promise<Map<string, OpenStart>> => {
    const kept = state.open.get(name)
    if (kept) return kept
    const rows = await db.select().from(tables.open).where(eq(tables.open.writer, name))
    const map = new Map(rows.map((row) => [row.callId, row]))
    state.open.set(name, map)
    return map
  }

  /** Only what changed: thousands of streams may be open over many batches. */
  const openWrites = async (state: Known, { positions, open }: RecordBatch): Promise<Write[]> => {
    const opened: OpenStart[] = []
    const closed: string[] = []
    for (const name of new Set(positions.map((position) => position.writer))) {
      const before = await openOf(state, name)
      const after = new Map(open.filter((start) => start.writer === name).map((start) => [start.callId, start]))
      for (const id of before.keys()) if (!after.has(id)) closed.push(id)
      for (const [id, start] of after) if (!before.has(id)) opened.push(start)
      state.open.set(name, after)
    }
    const writes: Write[] = []
    if (closed.length > 0) writes.push({ remove: 'open', column: 'callId', values: closed })
    if (opened.length > 0)
      writes.push({ insert: 'open', rows: opened, key: 'callId', update: ['writer', 'segment', 'offset', 'startedAt'] })
    return writes
  }

  const build = async (state: Known, batch: RecordBatch): Promise<{ writes: Write[]; seq: number }> => {
    const latest = [...new Map(batch.calls.map((recorded) => [toText(recorded.call.id, 64), recorded])).entries()]
    if (latest.length === 0)
      return {
        writes: [...findingWrites(batch), ...(await sessionWrites(engine, batch.sessions, [], []))],
        seq: state.seq,
      }
    const stored = new Map((await engine.existing(latest.map(([id]) => id))).map(({ id, pk }) => [id, pk]))
    const numbers = await engine.numbers('calls_pk', latest.length - stored.size)
    let taken = 0
    let seq = state.seq
    const rows = latest.map(([id, recorded]) =>
      toCallRow(recorded, { pk: stored.get(id) ?? numbers[taken++]!, writer, seq: ++seq }),
    )
    const again = [...stored.values()]
    if (again.length > 0) frames.drop(again)
    await frames.prepare(
      rows.filter((row, i) => row.sessionId !== null && suitsDelta(latest[i]![1].payloads)),
      again,
    )
    const fresh = rows.map((row, i) => toFresh({ packer, frames }, row, latest[i]![1], stored.has(row.id)))
    const old = again.length > 0 ? await readOld(engine, again) : noOld
    for (const one of fresh) one.row.feedback ??= old.rows.find(({ pk }) => pk === one.row.pk)?.feedback ?? null

    await rollups.prepare([...old.rows, ...fresh.map(({ row }) => row)])
    for (const row of old.rows) rollups.fold(row, -1)
    for (const { row } of fresh) rollups.fold(row, 1)
    const sums = await rollups.touched()
    const bytes = fresh.reduce((sum, { content }) => sum + (content ? sizeOf(content) : 0), 0)
    const counts = { [`recorded:${writer}`]: taken, [`seq:${writer}`]: seq - state.seq, content_bytes: bytes }
    return {
      seq,
      writes: [
        ...old.removal,
        ...keeping(fresh),
        ...insertion(fresh),
        ...rollupWrites(sums),
        { count: counts },
        ...findingWrites(batch),
        ...(await sessionWrites(engine, batch.sessions, old.rows, rows)),
      ],
    }
  }

  const inTurn = createTurns()
  const prune = createPrune(engine, now, frames.drop)
  return {
    kind: engine.kind,
    threads: createThreadStore(engine),
    record: (batch) =>
      inTurn(
        twice(async () => {
          const state = await recall()
          try {
            const { writes, seq } = await build(state, batch)
            writes.push(...(await openWrites(state, batch)))
            if (batch.positions.length > 0)
              writes.push({ insert: 'positions', rows: batch.positions, key: 'writer', update: ['segment', 'offset'] })
            await engine.atomic(writes)
            state.seq = seq
          } catch (error) {
            known = null
            rollups.forget()
            frames.forget()
            throw error
          }
        }),
      ),
    positions: async () => db.select().from(tables.positions),
    openStarts: async (name) => db.select().from(tables.open).where(eq(tables.open.writer, name)),
    callsRecorded: async () => readCount(engine, `recorded:${writer}`),
    findingOf: (sessionId, lane) => findingOf(engine, sessionId, lane),
    prune: (request) => inTurn(() => prune(request)),
    checkpoint: () => engine.checkpoint(),
    diskBytes: () => engine.diskBytes(),
    close: () => engine.close(),
  }
}

/** Another Weir's retention was faster: what is made anew knows it. */
const twice = (work: () => Promise<void>) => () =>
  work().catch((error: unknown) => {
    if (!isKeyGone(error)) throw error
    return work()
  })

/** What is worked out before a transaction must still hold in it: one write at a time. */
const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work)
    last = mine.catch(() => {})
    return mine
  }
}

/** `again`: the row's number had other content before, which others may remember. */
const toFresh = (
  { packer, frames }: { packer: Packer; frames: Frames },
  row: CallRow,
  recorded: RecordedCall,
  again: boolean,
): Fresh => {
  const text = toText(recorded.searchText, SEARCH_MAX)
  const inSession = row.sessionId !== null && !again && suitsDelta(recorded.payloads)
  const content = packer.pack(row.pk, recorded.payloads, text, inSession ? frames.keyFor(row) : null)
  if (content && inSession) frames.learn(row, content)
  if (content && again) content.codec |= REPLACED
  return { row, recorded, content, doc: { pk: row.pk, ids: idsOf(row), text } }
}

/** Key frames of earlier batches: others may have removed them meanwhile. */
function keeping(fresh: readonly Fresh[]): Write[] {
  const own = new Set(fresh.filter(({ content }) => ((content?.codec ?? 0) & REPLACED) === 0).map(({ row }) => row.pk))
  const keys = new Set(fresh.map(({ content }) => content?.framePk ?? null).filter((pk) => pk !== null && !own.has(pk)))
  return keys.size === 0 ? [] : [{ keep: [...keys] as number[] }]
}

function insertion(fresh: readonly Fresh[]): Write[] {
  const attempts = fresh.flatMap(({ row, recorded }) => (row.plainAttempt ? [] : toAttemptRows(recorded.call, row.pk)))
  const tags = fresh.flatMap(({ row }) => toTagRows(row))
  const contents = fresh.map(({ content }) => content).filter((content) => content !== null)
  return [
    { insert: 'calls', rows: fresh.map(({ row }) => row) },
    { insert: 'attempts', rows: attempts },
    { insert: 'tags', rows: tags },
    { insert: 'payloads', rows: contents },
    { index: fresh.map(({ doc }) => doc) },
  ]
}

const rollupWrites = (rows: readonly object[]): Write[] => [
  { insert: 'rollups', rows, key: 'pk', update: [...MEASURES, 'duration', 'firstToken'] },
]

interface Old {
  rows: CallRow[]
  removal: Write[]
}
const noOld: Old = { rows: [], removal: [] }

/** Calls that are stored again (a call taken for interrupted whose end was found): what is there now goes, in the same transaction. */
async function readOld(engine: Engine, pks: number[]): Promise<Old> {
  const { db, tables } = engine
  const rows = await db.select().from(tables.calls).where(inArray(tables.calls.pk, pks))
  const contents = await db.select().from(tables.payloads).where(inArray(tables.payloads.callPk, pks))
  const keyOf = createKeys(engine)
  const docs: SearchDoc[] = []
  for (const row of rows) {
    const content = contents.find(({ callPk }) => callPk === row.pk)
    docs.push(toDoc(row, content, await keyOf(content?.framePk ?? null)))
  }
  const to = await engine.numbers('calls_pk', pks.length)
  return { rows, removal: [...removeCalls(pks, to), { unindex: docs }] }
}

async function loadBucket({ db, tables }: Engine, writer: string, step: number, bucket: number) {
  const t = tables.rollups
  return db
    .select()
    .from(t)
    .where(and(eq(t.step, step), eq(t.bucket, bucket), eq(t.writer, writer)))
}

async function readCount({ db, tables }: Engine, name: string): Promise<number> {
  const [row] = await db.select().from(tables.meta).where(eq(tables.meta.name, name))
  return row?.value ?? 0
}
