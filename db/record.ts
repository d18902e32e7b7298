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
import { createPacker, sizeOf } from './pack.ts'
import type { Packer } from './pack.ts'
import { createPrune } from './prune.ts'
import { removeCalls, toDoc } from './removal.ts'
import { MEASURES } from './rollup/measures.ts'
import { createRollups } from './rollup/rollups.ts'
import { idsOf, toAttemptRows, toCallRow, toTagRows } from './rows.ts'
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

  const build = async (state: Known, calls: readonly RecordedCall[]): Promise<{ writes: Write[]; seq: number }> => {
    const latest = [...new Map(calls.map((recorded) => [toText(recorded.call.id, 64), recorded])).entries()]
    if (latest.length === 0) return { writes: [], seq: state.seq }
    const stored = new Map((await engine.existing(latest.map(([id]) => id))).map(({ id, pk }) => [id, pk]))
    const numbers = await engine.numbers('calls_pk', latest.length - stored.size)
    let taken = 0
    let seq = state.seq
    const fresh = latest.map(([id, recorded]) =>
      toFresh(packer, recorded, { pk: stored.get(id) ?? numbers[taken++]!, writer, seq: ++seq }),
    )
    const old = stored.size > 0 ? await readOld(engine, [...stored.values()]) : noOld
    for (const one of fresh) one.row.feedback ??= old.rows.find(({ pk }) => pk === one.row.pk)?.feedback ?? null

    await rollups.prepare([...old.rows, ...fresh.map(({ row }) => row)])
    for (const row of old.rows) rollups.fold(row, -1)
    for (const { row } of fresh) rollups.fold(row, 1)
    const sums = await rollups.touched()
    const bytes = fresh.reduce((sum, { content }) => sum + (content ? sizeOf(content) : 0), 0) - old.bytes
    const counts = { [`recorded:${writer}`]: taken, [`seq:${writer}`]: seq - state.seq, content_bytes: bytes }
    return { seq, writes: [...old.removal, ...insertion(fresh), ...rollupWrites(sums), { count: counts }] }
  }

  const inTurn = createTurns()
  const prune = createPrune(engine, now)
  return {
    kind: engine.kind,
    record: (batch) =>
      inTurn(async () => {
        const state = await recall()
        try {
          const { writes, seq } = await build(state, batch.calls)
          writes.push(...(await openWrites(state, batch)), ...findingWrites(batch))
          if (batch.positions.length > 0)
            writes.push({ insert: 'positions', rows: batch.positions, key: 'writer', update: ['segment', 'offset'] })
          await engine.atomic(writes)
          state.seq = seq
        } catch (error) {
          known = null
          rollups.forget()
          throw error
        }
      }),
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

/** What is worked out before a transaction must still hold in it: one write at a time. */
const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work)
    last = mine.catch(() => {})
    return mine
  }
}

const toFresh = (packer: Packer, recorded: RecordedCall, place: { pk: number; writer: string; seq: number }): Fresh => {
  const row = toCallRow(recorded, place)
  const text = toText(recorded.searchText, SEARCH_MAX)
  const content = packer.pack(row.pk, recorded.payloads, text)
  return { row, recorded, content, doc: { pk: row.pk, ids: idsOf(row), text } }
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
  bytes: number
  removal: Write[]
}
const noOld: Old = { rows: [], bytes: 0, removal: [] }

/** Calls that are stored again (a call taken for interrupted whose end was found): what is there now goes, in the same transaction. */
async function readOld({ db, tables }: Engine, pks: number[]): Promise<Old> {
  const rows = await db.select().from(tables.calls).where(inArray(tables.calls.pk, pks))
  const contents = await db.select().from(tables.payloads).where(inArray(tables.payloads.callPk, pks))
  return {
    rows,
    bytes: contents.reduce((sum, content) => sum + sizeOf(content), 0),
    removal: [{ unindex: rows.map((row) => toDoc(row, contents)) }, ...removeCalls(pks)],
  }
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
