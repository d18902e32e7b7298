/**
 * The journal's writing side: entries of a tick go out in one write, and each is answered when that write has returned.
 * This is the hot path of every call, so a callback goes where a chain of promises would do. What cannot be kept is given
 * up in this order: bodies (a part becomes its length), then whole new calls; never an `end` whose start is in the
 * journal, for its call would stay open and keep its segments: that one waits in memory until it fits.
 */
import { createEncoder, hasBody } from './encode.ts'
import type { CallState, Done, Pending } from './encode.ts'
import { createCallTable } from './call-table.ts'
import { createNodeFs } from './disk.ts'
import type { JournalFs } from './disk.ts'
import type { EndMeta, Journal, PartData } from './entry.ts'
import { claimWriterFolder, listSegments, newIncarnation } from './files.ts'
import { createGroup, direction } from './group.ts'
import { createLimits } from './limits.ts'
import type { Room } from './limits.ts'
import { createSegments } from './segments.ts'
import { startUpkeep } from './upkeep.ts'

export interface JournalOptions {
  /** `<data>/journal`; the writer makes or takes over a folder of its own in it. */
  dir: string
  segmentBytes: number
  maxBytes: number
  fsync: 'off' | 'interval' | 'always'
  onFull: 'shed_bodies' | 'refuse' | 'drop'
  /** Int32 cell, bumped and notified after each write that held an `end`. */
  wake?: SharedArrayBuffer | null
  /** Entries waiting for the disk take at most this much memory (and a quarter more for entries without body). */
  queueBytes?: number
  /** A write that is out for longer than this is not waited for. */
  stallMs?: number
  /** How often the journal looks after itself. */
  tickMs?: number
  /** For tests: a file system with faults. */
  fs?: JournalFs
}

/** The journal, with a callback for the busiest entry. `done` is called once and must not throw. */
export interface JournalWriter extends Journal {
  partThen(callId: string, part: PartData, done: Done): void
}

/** `end`s that found no room wait here: as many as there may be open calls. */
const OWED_BYTES = 8 * 1024 * 1024
/** About what a header and small meta-data take. */
const META_BYTES = 256
const noDone = (): void => {}

/**
 * Rejects only when the folder cannot be made or locked. `start` comes first and `end` last; entries of a call that was
 * not started are not kept. A part's bytes must not change until it is answered.
 */
export const createJournal = async (options: JournalOptions): Promise<JournalWriter> => {
  const { dir, maxBytes, fsync, onFull, queueBytes = 32 * 1024 * 1024, stallMs = 10_000 } = options
  const folder = claimWriterFolder(dir)
  const encoder = createEncoder()
  const limits = createLimits({ journalDir: dir, maxBytes, queueBytes, open: () => segments.current() })
  const calls = createCallTable<CallState>()
  let owed: CallState[] = []
  let owedBytes = 0
  let bodiesShed = 0
  let callsLost = 0
  let closed = false

  const shed = (call: CallState, body: 1 | 2): void => {
    if (call.counted & body) return
    call.counted |= body
    bodiesShed++
  }
  const lose = (call: CallState): void => {
    if (!call.lost) callsLost++
    call.lost = true
  }
  const owe = (call: CallState): void => {
    if (call.lost) return
    const bytes = call.end!.length + META_BYTES
    if (owedBytes + bytes > OWED_BYTES) return lose(call)
    owedBytes += bytes
    owed.push(call)
  }
  const gaveUp = (entry: Pending): void => {
    if (entry.kind === 'start') lose(entry.owner)
    else if (entry.kind === 'end') owe(entry.owner)
    else if (hasBody(entry)) shed(entry.owner, direction(entry))
  }
  const payOwed = (): void => {
    if (owed.length === 0 || !group.healthy()) return
    const paying = owed
    owed = []
    owedBytes = 0
    for (const call of paying) {
      if (room(call.end!.length) === 'nothing') owe(call)
      else group.push(encoder.end(call, call.end!, noDone))
    }
  }

  const group = createGroup({ encoder, segments: () => segments, wake: options.wake ?? null, gaveUp, wrote: payOwed })
  const room = (bytes: number): Room => limits.room(bytes + META_BYTES, group.queued())
  const segments = createSegments({
    dir: folder.dir,
    incarnation: newIncarnation(),
    // Never below a number that this folder once had, even if somebody deleted the files.
    first: Math.max((listSegments(folder.dir).at(-1)?.number ?? 0) + 1, Math.floor(Date.now() / 1000)),
    // The recorder deletes whole segments: the open one must not be what fills the journal.
    segmentBytes: Math.min(options.segmentBytes, Math.floor(maxBytes / 8)),
    syncEach: fsync === 'always',
    durable: fsync !== 'off',
    fs: options.fs ?? createNodeFs(),
    settle: group.settle,
    stripped: (entry) => shed(entry.owner, direction(entry)),
    grown: limits.grown,
    failed: group.failed,
    opened: () => void limits.measure(),
  })

  const startThen = (call: CallState, startedAt: number, json: string, done: Done): void => {
    const space = room(json.length)
    if (closed || space === 'nothing' || (space !== 'keep' && onFull === 'drop')) {
      lose(call)
      return done(false)
    }
    call.shed = space !== 'keep' && onFull === 'shed_bodies'
    group.push(encoder.start(call, startedAt, json, done))
  }

  const partThen = (callId: string, part: PartData, done: Done): void => {
    const call = calls.get(callId)
    if (!call || call.lost) return done(false)
    const offset = call[part.direction]
    call[part.direction] += part.length
    const space = room(part.bytes?.length ?? 0)
    const keepBytes = part.bytes !== null && !call.shed && (space === 'keep' || space === 'tight')
    if (part.bytes !== null && !keepBytes) shed(call, part.direction === 'response' ? 2 : 1)
    if (space === 'nothing') return done(false)
    group.push(encoder.part(call, part, keepBytes, offset, done))
  }

  const endThen = (callId: string, meta: EndMeta, done: Done): void => {
    const call = calls.get(callId)
    calls.delete(callId)
    if (!call || call.lost) return done(false)
    call.end = JSON.stringify(meta)
    if (room(call.end.length) !== 'nothing') return group.push(encoder.end(call, call.end, done))
    owe(call)
    done(false)
  }

  const upkeep = startUpkeep({
    group,
    segments,
    limits,
    encoder,
    payOwed,
    fsync,
    stallMs,
    tickMs: options.tickMs ?? 500,
  })
  await limits.measure()
  await new Promise<void>((resolve) =>
    segments.open((error) => {
      // Calls pass even if the disk is sick; the first entry tries again.
      if (error) group.failed(error)
      resolve()
    }),
  )

  return {
    writer: folder.writer,
    start: (callId, meta) =>
      new Promise((resolve) => {
        const call = { callId, request: 0, response: 0, shed: false, counted: 0, lost: false, end: null }
        calls.add(call)
        startThen(call, meta.startedAt, JSON.stringify(meta), resolve)
      }),
    attempt: (callId, meta) =>
      new Promise((resolve) => {
        const call = calls.get(callId)
        const json = JSON.stringify(meta)
        if (!call || call.lost || room(json.length) === 'nothing') return resolve(false)
        group.push(encoder.attempt(call, json, resolve))
      }),
    part: (callId, part) => new Promise((resolve) => partThen(callId, part, resolve)),
    partThen,
    end: (callId, meta) => new Promise((resolve) => endThen(callId, meta, resolve)),
    accepting: () => !closed && (onFull !== 'refuse' || (group.healthy() && room(0) === 'keep')),
    healthy: () => !closed && group.healthy(),
    counters: () => ({
      bytesOnDisk: limits.bytesOnDisk(),
      entriesWritten: group.entriesWritten(),
      bodiesShed,
      callsLost,
    }),
    async close() {
      if (closed) return
      closed = true
      // Entries of calls that nobody knows are not kept.
      calls.clear()
      payOwed()
      await upkeep.stop()
      folder.lock.release()
    },
  }
}
