/** What the journal's tests share: a folder of their own, meta-data like the gateway's, a disk that misbehaves on demand. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { OpenStart } from '../../db/store.ts'
import { createJournal } from '../../server/journal/append.ts'
import type { JournalOptions, JournalWriter } from '../../server/journal/append.ts'
import { createAssembler } from '../../server/journal/assemble.ts'
import type { Assembler } from '../../server/journal/assemble.ts'
import { createNodeFs } from '../../server/journal/disk.ts'
import type { JournalFs } from '../../server/journal/disk.ts'
import type { Entry, JournaledCall, PartData, Position } from '../../server/journal/entry.ts'
import { listSegments } from '../../server/journal/files.ts'
import { createWriterReader } from '../../server/journal/read.ts'
import { attemptMeta, endMeta, newCallId, part, startMeta } from './meta.ts'

export { attemptMeta, endMeta, newCallId, part, startMeta } from './meta.ts'

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
const nodeFs = createNodeFs()

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

export interface Child {
  writer: string
  /** Lines that it has said so far, `ready` excluded. Complete ones only: the last may be cut by its death. */
  lines(): string[]
  /** Resolves when it has said this many. */
  said(count: number): Promise<void>
  /** kill -9, and everything it said before it died. */
  kill(): Promise<string[]>
}

/** A process that writes a journal (child.ts). It dies with the test. */
export const startChild = async (dir: string, mode: 'write' | 'hold'): Promise<Child> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('child.ts', import.meta.url)), dir, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  const closed = once(child, 'close')
  const lines = () => output.split('\n').slice(1, -1)
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const kill = async () => {
    child.kill('SIGKILL')
    await closed
    return lines()
  }
  onTestFinished(async () => void (await kill()))
  const until = async (done: () => boolean) => {
    while (!done())
      await Promise.race([
        once(child.stdout, 'data'),
        closed.then(() => Promise.reject(new Error('The child ended early.'))),
      ])
  }
  await until(() => output.includes('\n'))
  return {
    writer: output.slice('ready '.length, output.indexOf('\n')),
    lines,
    said: (count) => until(() => lines().length >= count),
    kill,
  }
}
