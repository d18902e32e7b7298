/**
 * Puts batches of entries into segment files, one write outstanding at any time: several at once put 55 of 4,000 entries
 * out of order when it was tried. A short write goes on from its offset. After an error the file is cut back to its last
 * whole entry and left for good; what is not written yet goes to a new segment, then once more without bodies (a full
 * disk may have room for the rest), then it is given up.
 */
import type { JournalFs } from './disk.ts'
import { hasBody, strip, totalBytes } from './encode.ts'
import type { Pending } from './encode.ts'
import { toSegment } from './files.ts'
import type { Segment } from './files.ts'
import { sealHeader, toSalt } from './format.ts'

/** Linux takes 1,024 addresses in one writev. */
const MAX_BUFFERS = 1000

export interface SegmentsOptions {
  dir: string
  incarnation: string
  /** The number of the first segment. */
  first: number
  segmentBytes: number
  /** Each batch is synced before it is settled. */
  syncEach: boolean
  /** New files' names are synced. */
  durable: boolean
  fs: JournalFs
  /** Each entry of a batch, in order: it is in the journal, or it is not. */
  settle(entry: Pending, kept: boolean): void
  /** This part lost its bytes so that the rest may fit. */
  stripped(entry: Pending): void
  /** Bytes came to the disk (or went, when a broken tail was cut off). */
  grown(bytes: number): void
  /** A write, sync or open failed; null: one worked again. */
  failed(error: Error | null): void
  /** Another segment begins: a good moment to look at the disk. */
  opened(): void
}

export interface Segments {
  /** Opens the first segment. */
  open(done: (error: Error | null) => void): void
  /** Writes and settles all of it, whatever happens, then calls back. Never call it before the last one has come back. */
  write(entries: Pending[], done: () => void): void
  /** Bytes in the open segment. */
  size(): number
  /** The open one with its size; null: none is open. */
  current(): { path: string; bytes: number } | null
  openedAt(): number
  /** Leaves the segment, so that the recorder can delete it. Only between writes. */
  leave(done: () => void): void
  /** Leaves the segment for a new, empty one. Only between writes. */
  renew(done: () => void): void
  /** Syncs the open segment. One at a time; writes go on meanwhile. */
  sync(done: (error: Error | null) => void): void
}

const toBuffers = (entries: Pending[]): Buffer[] => {
  const buffers: Buffer[] = []
  for (let i = 0; i < entries.length;) {
    const { block, at } = entries[i]!
    let end = at
    let tail: Buffer | null = null
    // Neighbours in one block are one range.
    for (let next = entries[i]; next && next.block === block && next.at === end && !tail; next = entries[++i]) {
      end = next.at + next.size
      tail = next.tail
    }
    buffers.push(block.buffer.subarray(at, end))
    if (tail) buffers.push(tail)
  }
  return buffers
}

const dropFront = (buffers: Buffer[], bytes: number): Buffer[] => {
  let i = 0
  while (bytes >= buffers[i]!.length) bytes -= buffers[i++]!.length
  return bytes === 0 ? buffers.slice(i) : [buffers[i]!.subarray(bytes), ...buffers.slice(i + 1)]
}

export const createSegments = (options: SegmentsOptions): Segments => {
  const { fs, settle, failed, grown } = options
  let segment: Segment | null = null
  let nextNumber = options.first
  let fd = -1
  let salt = 0
  let offset = 0
  let count = 0
  let openedAt = 0
  /** An empty segment that was left. It goes when a newer one is there: the highest number must never be lost. */
  let empty: string | null = null
  let syncing = 0
  let afterSync: (() => void) | null = null

  const open = (done: (error: Error | null) => void): void => {
    const next = toSegment(options.dir, nextNumber++, options.incarnation)
    fs.open(next.path, options.durable, (error, opened) => {
      if (error) return done(error)
      segment = next
      fd = opened
      salt = toSalt(next.name)
      offset = 0
      count = 0
      openedAt = Date.now()
      options.opened()
      const path = empty
      empty = null
      if (path === null) done(null)
      else fs.unlink(path, () => done(null))
    })
  }

  /** The old segment is whole before a new one is there: the reader takes a newer file for the older one's seal. */
  const leave = (done: () => void): void => {
    if (fd < 0) return done()
    const left = fd
    fd = -1
    if (offset === 0) empty = segment!.path
    const close = () => fs.close(left, () => done())
    const finish = (): void => {
      if (!options.durable || offset === 0) return close()
      fs.sync(left, (error) => {
        if (error) failed(error)
        close()
      })
    }
    // A descriptor must not be closed under a sync that is on its way.
    if (syncing > 0) afterSync = finish
    else finish()
  }

  const sync = (done: (error: Error | null) => void): void => {
    if (fd < 0 || syncing > 0) return done(null)
    syncing++
    fs.sync(fd, (error) => {
      syncing--
      const waiting = afterSync
      afterSync = null
      waiting?.()
      done(error)
    })
  }

  const abandon = (done: () => void): void => {
    if (fd < 0) return done()
    fs.truncate(fd, offset, () => leave(done))
  }

  /** Writes `entries` to the open segment; calls back with the number of bytes that came there. */
  const put = (entries: Pending[], bytes: number, done: (error: Error | null, written: number) => void): void => {
    for (const [i, entry] of entries.entries()) sealHeader(entry.block.buffer, entry.at, count + i, salt)
    let buffers = toBuffers(entries)
    let written = 0
    const step = (): void => {
      fs.writev(fd, buffers.slice(0, MAX_BUFFERS), offset + written, (error, n) => {
        if (error) return done(error, written)
        // Only a full or broken file system takes nothing at all.
        if (n <= 0) return done(new Error(`A write to ${segment!.path} wrote nothing.`), written)
        written += n
        if (written >= bytes) return done(null, written)
        buffers = dropFront(buffers, n)
        step()
      })
    }
    step()
  }

  /** Settles the entries that are whole on disk and answers with the others. */
  const keep = (entries: Pending[], written: number): Pending[] => {
    let whole = 0
    let end = 0
    while (whole < entries.length && end + totalBytes(entries[whole]!) <= written) end += totalBytes(entries[whole++]!)
    offset += end
    count += whole
    grown(end)
    for (let i = 0; i < whole; i++) settle(entries[i]!, true)
    return whole === entries.length ? [] : entries.slice(whole)
  }

  const afterWrite = (entries: Pending[], bytes: number, done: () => void): void => {
    failed(null)
    keep(entries, bytes)
    done()
  }

  const write = (entries: Pending[], attempt: number, done: () => void): void => {
    let bytes = 0
    for (const entry of entries) bytes += totalBytes(entry)

    const retry = (error: Error, rest: Pending[]): void => {
      failed(error)
      const strippable = rest.filter(hasBody)
      if (attempt === 0) return abandon(() => write(rest, 1, done))
      if (attempt === 1 && strippable.length > 0) {
        for (const entry of strippable) {
          strip(entry)
          options.stripped(entry)
        }
        return abandon(() => write(rest, 2, done))
      }
      abandon(() => {
        for (const entry of rest) settle(entry, false)
        done()
      })
    }

    const into = (): void =>
      put(entries, bytes, (error, written) => {
        if (error) return retry(error, keep(entries, written))
        if (!options.syncEach) return afterWrite(entries, bytes, done)
        fs.sync(fd, (failure) => {
          if (!failure) return afterWrite(entries, bytes, done)
          // They are in the page cache and will outlive this process; what follows goes to another file.
          keep(entries, bytes)
          failed(failure)
          leave(done)
        })
      })

    if (fd >= 0 && (offset === 0 || offset + bytes <= options.segmentBytes)) return into()
    leave(() => open((error) => (error ? retry(error, entries) : into())))
  }

  return {
    open,
    write: (entries, done) => write(entries, 0, done),
    size: () => (fd < 0 ? 0 : offset),
    current: () => (fd < 0 ? null : { path: segment!.path, bytes: offset }),
    openedAt: () => openedAt,
    leave,
    renew: (done) =>
      leave(() =>
        open((error) => {
          if (error) failed(error)
          done()
        }),
      ),
    sync,
  }
}
