/** What the journal's tests share: a folder of their own, meta-data like the gateway's, a disk that misbehaves on demand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { v7 } from 'uuid'
import type { OpenStart } from '../../db/store.ts'
import { createJournal } from '../../server/journal/append.ts'
import type { JournalOptions, JournalWriter } from '../../server/journal/append.ts'
import { createAssembler } from '../../server/journal/assemble.ts'
import type { Assembler } from '../../server/journal/assemble.ts'
import { nodeFs } from '../../server/journal/disk.ts'
import type { JournalFs } from '../../server/journal/disk.ts'
import type {
  AttemptMeta,
  EndMeta,
  Entry,
  JournaledCall,
  PartData,
  Position,
  StartMeta,
} from '../../server/journal/entry.ts'
import { listSegments } from '../../server/journal/files.ts'
import { createWriterReader } from '../../server/journal/read.ts'

export const MB = 1024 * 1024

/** An empty `<data>/journal` that goes with the test. */
export const newJournalDir = (): string => {
  const data = mkdtempSync(join(tmpdir(), 'weir-journal-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  return join(data, 'journal')
}

export const openJournal = async (dir: string, options: Partial<JournalOptions> = {}): Promise<JournalWriter> => {
  const defaults = { segmentBytes: 64 * MB, maxBytes: 1024 * MB, fsync: 'off', onFull: 'shed_bodies' } as const
  const journal = await createJournal({ dir, ...defaults, ...options })
  onTestFinished(() => journal.close())
  return journal
}

export const newCallId = (): string => v7()

export const startMeta = (over: Partial<StartMeta> = {}): StartMeta => ({
  startedAt: Date.now(),
  provider: 'openai',
  dialect: 'openai-chat',
  operation: 'chat',
  auxiliary: false,
  model: 'gpt-5.1',
  stream: true,
  target: 'openai',
  route: null,
  method: 'POST',
  path: '/openai/v1/chat/completions',
  upstreamPath: '/v1/chat/completions',
  headers: ['content-type', 'application/json', 'authorization', 'Bearer sk-…a2e1', 'user-agent', 'OpenAI/JS 7.57.0'],
  httpVersion: '1.1',
  key: null,
  team: null,
  user: 'zoë',
  tags: { feature: 'search' },
  session: null,
  parent: null,
  credential: '3f9c…a2e1',
  billing: null,
  cache: 'off',
  capture: 'full',
  clientIp: null,
  socket: null,
  ...over,
})

export const attemptMeta = (over: Partial<AttemptMeta> = {}): AttemptMeta => ({
  n: 1,
  target: 'openai',
  startedAt: Date.now(),
  atMs: 0.4,
  connectMs: null,
  headersMs: 212.3,
  status: 200,
  statusMessage: 'OK',
  headers: ['content-type', 'text/event-stream', 'x-request-id', 'req_7f3b'],
  error: null,
  reason: null,
  ...over,
})

export const endMeta = (over: Partial<EndMeta> = {}): EndMeta => ({
  outcome: 'ok',
  status: 200,
  errorCode: null,
  errorMessage: null,
  durationMs: 812.5,
  overheadMs: 0.2,
  requestBytes: 0,
  responseBytes: 0,
  requestSha256: null,
  responseSha256: null,
  truncated: false,
  changes: [],
  hint: null,
  trailers: null,
  ...over,
})

export const part = (text: string | Buffer, over: Partial<PartData> = {}): PartData => {
  const bytes = Buffer.from(text)
  return { direction: 'response', atMs: 1.25, length: bytes.length, bytes, ...over }
}

/** A whole call in the order of the gateway; resolves to what the journal answered for each entry. */
export const writeCall = (journal: JournalWriter, pieces: string[] = ['{"id":"chatcmpl-1"}'], callId = newCallId()) =>
  Promise.all([
    journal.start(callId, startMeta()),
    journal.part(callId, part('{"model":"gpt-5.1"}', { direction: 'request' })),
    journal.attempt(callId, attemptMeta()),
    ...pieces.map((piece) => journal.part(callId, part(piece))),
    journal.end(callId, endMeta()),
  ]).then((kept) => ({ callId, kept }))

/** All entries that a new reader finds from the beginning. */
export const readAll = (dir: string, writer: string, final = true) => {
  const reader = createWriterReader({ dir, writer, from: null })
  const entries: Entry[] = []
  for (let ref = reader.next(() => final); ref; ref = reader.next(() => final)) entries.push(reader.read(ref)!.entry)
  const counters = reader.counters()
  const position = reader.position()
  reader.close()
  return { entries, counters, position }
}

export const textOf = (parts: PartData[]): string =>
  Buffer.concat(parts.map(({ bytes }) => bytes ?? Buffer.from('□'))).toString()

/** What a recorder would have committed. */
export interface Ledger {
  positions: Position[]
  open: OpenStart[]
  calls: JournaledCall[]
}

export const newLedger = (): Ledger => ({ positions: [], open: [], calls: [] })

export const openAssembler = (dir: string, ledger: Ledger = newLedger()): Assembler =>
  createAssembler({ dir, positions: ledger.positions, open: ledger.open, aliveEveryMs: 0 })

/** Takes one batch and "commits" it, as the store does: positions and open starts of a writer replace the old ones. */
export const commitOne = (assembler: Assembler, ledger: Ledger, maxCalls = 100, maxBytes = 64 * MB) => {
  const batch = assembler.take(maxCalls, maxBytes)
  const writers = new Set(batch.positions.map(({ writer }) => writer))
  const others = <T extends { writer: string }>(rows: T[]) => rows.filter(({ writer }) => !writers.has(writer))
  ledger.positions = [...others(ledger.positions), ...batch.positions]
  ledger.open = [...others(ledger.open), ...batch.open]
  ledger.calls.push(...batch.calls)
  return batch
}

export const segmentPaths = (dir: string, writer: string): string[] =>
  listSegments(join(dir, writer)).map(({ path }) => path)

type Writev = JournalFs['writev']

/** The real file system; `writev` and others can be replaced at any time through the object that comes with it. */
export const createFaultyFs = (): { fs: JournalFs; faults: Partial<JournalFs>; writes: number[] } => {
  const faults: Partial<JournalFs> = {}
  const writes: number[] = []
  const writev: Writev = (fd, buffers, position, done) => {
    writes.push(buffers.reduce((sum, buffer) => sum + buffer.length, 0))
    ;(faults.writev ?? nodeFs.writev)(fd, buffers, position, done)
  }
  const fs: JournalFs = {
    open: (path, durable, done) => (faults.open ?? nodeFs.open)(path, durable, done),
    writev,
    truncate: (fd, length, done) => (faults.truncate ?? nodeFs.truncate)(fd, length, done),
    sync: (fd, done) => (faults.sync ?? nodeFs.sync)(fd, done),
    close: (fd, done) => (faults.close ?? nodeFs.close)(fd, done),
    unlink: (path, done) => (faults.unlink ?? nodeFs.unlink)(path, done),
  }
  return { fs, faults, writes }
}

/** Writes at most `bytes`, then fails with `code` (or, without one, just writes short). */
export const writeAtMost =
  (bytes: number, code: string | null = null): Writev =>
  (fd, buffers, position, done) => {
    const some = Buffer.concat(buffers).subarray(0, bytes)
    const answer = (written: number) => {
      if (code === null) done(null, written)
      else done(Object.assign(new Error(`${code}: injected`), { code }), 0)
    }
    if (some.length === 0) answer(0)
    else nodeFs.writev(fd, [some], position, (error, written) => (error ? done(error, 0) : answer(written)))
  }

/** Seeded: a failure can be run again. */
export const createRandom = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, below: (n: number) => Math.floor(next() * n) }
}
