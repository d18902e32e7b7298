/** What the writer asks of the file system, with callbacks because it is the hot path. Tests put faults in here. */
import { close, fdatasync, fsync, ftruncate, open, unlink, write, writev, writevSync } from 'node:fs'
import { dirname } from 'node:path'
import { performance } from 'node:perf_hooks'

export type Result = (error: Error | null) => void

export interface JournalFs {
  /** Creates the file (which must not be there), mode 0600. `durable`: the folder's entry is synced too. */
  open(path: string, durable: boolean, done: (error: Error | null, fd: number) => void): void
  /** May write less than it was given. */
  writev(fd: number, buffers: Buffer[], position: number, done: (error: Error | null, written: number) => void): void
  truncate(fd: number, length: number, done: Result): void
  sync(fd: number, done: Result): void
  close(fd: number, done: Result): void
  unlink(path: string, done: Result): void
}

/** A file whose name is lost with the power is lost whole: the folder needs an fsync of its own. */
const syncFolder = (path: string, done: Result): void => {
  open(dirname(path), 'r', (error, folder) => {
    if (error) return done(error)
    fsync(folder, (failure) => close(folder, () => done(failure)))
  })
}

/** Up to here a write is a copy into the page cache that is done before another thread would have woken up. */
const AT_ONCE_BYTES = 256 * 1024
/** A copy that took so long was no copy: the disk is in it. */
const SLOW_MS = 50
/** A sync that is out for so long tells the same before a write has to. */
const LATE_SYNC_MS = 1000
/** After a sign of a slow disk, writes go by way of the thread pool for so long. */
const WARY_MS = 10_000

/** For tests: a clock, and what a write at once does. */
export interface NodeFsOptions {
  now?: () => number
  writeNow?: typeof writevSync
}

/**
 * Small writes happen at once, on the calling thread, as long as the disk shows no sign of being slow: measured for 5 kB, 2 µs of
 * processor time against 11 by way of libuv's pool on one core, and 40 to 55 on two, where a sleeping thread has to be woken.
 * At the first sign the pool takes over, so that a sick disk holds up the journal and not the process.
 */
export const createNodeFs = ({ now: clock, writeNow }: NodeFsOptions = {}): JournalFs => {
  const now = clock ?? (() => performance.now())
  let waryUntil = 0
  let syncs = 0
  let syncedAt = 0

  const mayWait = (bytes: number, at: number): boolean =>
    bytes <= AT_ONCE_BYTES && at >= waryUntil && (syncs === 0 || at - syncedAt < LATE_SYNC_MS)

  const writeAtOnce = (fd: number, buffers: Buffer[], position: number, from: number): number => {
    try {
      return (writeNow ?? writevSync)(fd, buffers, position)
    } finally {
      const done = now()
      if (done - from > SLOW_MS) waryUntil = done + WARY_MS
    }
  }

  return {
    open(path, durable, done) {
      open(path, 'wx', 0o600, (error, fd) => {
        if (error || !durable) return done(error, fd)
        syncFolder(path, (failure) => (failure ? close(fd, () => done(failure, -1)) : done(null, fd)))
      })
    },
    writev(fd, buffers, position, done) {
      const from = now()
      if (!mayWait(lengthOf(buffers), from)) return writeLater(fd, buffers, position, done)
      let written: number
      try {
        written = writeAtOnce(fd, buffers, position, from)
      } catch (error) {
        return done(error as Error, 0)
      }
      done(null, written)
    },
    truncate: ftruncate,
    sync(fd, done) {
      if (syncs++ === 0) syncedAt = now()
      fdatasync(fd, (error) => {
        syncs--
        done(error)
      })
    },
    close,
    unlink,
  }
}

const lengthOf = (buffers: readonly Buffer[]): number => {
  let bytes = 0
  for (const buffer of buffers) bytes += buffer.length
  return bytes
}

function writeLater(...[fd, buffers, position, done]: Parameters<JournalFs['writev']>): void {
  const [first] = buffers
  if (buffers.length === 1 && first) write(fd, first, 0, first.length, position, done)
  else writev(fd, buffers, position, done)
}
