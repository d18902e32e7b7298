/**
 * Reads a writer's journal from a position on: segment after segment, waiting at the tail of the newest one. Only
 * synchronous calls: it runs in the recorder's niced thread, whose pool threads would slow the journal (architecture.md).
 */
import { readSync, openSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { setAside } from './aside.ts'
import type { Position } from './entry.ts'
import { listSegments } from './files.ts'
import type { Segment } from './files.ts'
import { readEntry, toSalt } from './format.ts'
import type { Stored } from './format.ts'
import { createScanner, WINDOW_BYTES } from './scan.ts'
import type { EntryRef, Scanner, Skipped } from './scan.ts'

export type { EntryRef } from './scan.ts'

export interface ReaderCounters {
  /** Corrupt entries passed over. */
  entriesSkipped: number
  bytesSkipped: number
  /** Last entries cut off by a crash; they were never acknowledged. */
  tornTails: number
}

export interface WriterReader {
  readonly writer: string
  /**
   * The next intact entry, or null when there is none yet. At the tail it asks `isFinal` whether the process that writes
   * to this segment is gone, and only then judges the tail: it asks after it saw the segment, so that a process which
   * takes the folder over meanwhile is not taken for the dead one.
   */
  next(isFinal: (segment: number) => boolean): EntryRef | null
  /** The entry goes back: `next` will give it again. Only the last one given. */
  back(ref: EntryRef): void
  /** Behind the last entry given. */
  position(): Position
  /** The incarnation of the segment that is being read; null before the first one is there. */
  incarnation(): string | null
  /** The entry's content, in memory of its own; null when it is not there any longer. */
  read(ref: Pick<EntryRef, 'segment' | 'offset' | 'size'>): Stored | null
  /** Where in `window` an entry is that `next` has given, or -1: not there any longer. Copy what is to stay. */
  find(segment: number, offset: number, size: number): number
  readonly window: Buffer
  segment(number: number): Segment | null
  counters(): ReaderCounters
  close(): void
}

export interface WriterReaderOptions {
  /** `<data>/journal` */
  dir: string
  writer: string
  /** null: from the beginning. */
  from: Omit<Position, 'writer'> | null
  /** Reads again what was judged before: counts nothing and sets nothing aside. */
  again?: boolean
}

export const createWriterReader = ({ dir, writer, from, again = false }: WriterReaderOptions): WriterReader => {
  const folder = join(dir, writer)
  const window = Buffer.allocUnsafeSlow(WINDOW_BYTES)
  const counters: ReaderCounters = { entriesSkipped: 0, bytesSkipped: 0, tornTails: 0 }
  let place = { segment: from?.segment ?? 0, offset: from?.offset ?? 0 }
  let segments: Segment[] = []
  let scanner: Scanner | null = null

  const skipped = (region: Skipped): void => {
    if (again) return
    counters.entriesSkipped += region.entries
    counters.bytesSkipped += region.to - region.from
    setAside(folder, region)
  }
  const torn = (): void => {
    if (!again) counters.tornTails++
  }

  const list = (): void => {
    segments = listSegments(folder)
  }
  const newer = (than: number): Segment | undefined => segments.find((segment) => segment.number > than)

  const enter = (segment: Segment): void => {
    scanner?.close()
    scanner = null
    const offset = segment.number === place.segment ? place.offset : 0
    place = { segment: segment.number, offset }
    try {
      scanner = createScanner({ segment, offset, window, skipped, torn })
    } catch (error) {
      // The writer takes an empty segment away when it opens the next one.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  /** Goes to the segment of the position, or to the next one that there is; false when there is none yet. */
  const findSegment = (): boolean => {
    list()
    const segment = segments.find(({ number }) => number === place.segment) ?? newer(place.segment)
    if (segment) enter(segment)
    return scanner !== null
  }

  const next = (isFinal: (segment: number) => boolean): EntryRef | null => {
    for (;;) {
      if (!scanner && !findSegment()) return null
      const reading = scanner!
      const sealed = newer(reading.segment.number) !== undefined
      const ref = reading.next(sealed)
      if (ref) return ref
      if (sealed) {
        enter(newer(reading.segment.number)!)
        continue
      }
      list()
      // Whatever was written before the newer segment was made is read before we go there.
      if (newer(reading.segment.number)) continue
      return isFinal(reading.segment.number) ? reading.next(true) : null
    }
  }

  const at = (): Omit<Position, 'writer'> =>
    scanner ? { segment: scanner.segment.number, offset: scanner.offset() } : place

  const fetch = (segment: Segment, offset: number, size: number): Buffer | null => {
    let fd: number
    try {
      fd = openSync(segment.path, 'r')
    } catch {
      return null
    }
    try {
      const bytes = Buffer.allocUnsafeSlow(size)
      return readSync(fd, bytes, 0, size, offset) === size ? bytes : null
    } finally {
      closeSync(fd)
    }
  }

  const segmentOf = (number: number): Segment | null => segments.find((segment) => segment.number === number) ?? null
  const find = (segment: number, offset: number, size: number): number =>
    scanner?.segment.number === segment ? scanner.find(offset, size) : -1

  return {
    writer,
    next,
    back: (ref) => scanner?.back(ref),
    position: () => ({ writer, ...at() }),
    incarnation: () => scanner?.segment.incarnation ?? null,
    read({ segment: number, offset, size }) {
      const segment = segmentOf(number)
      if (!segment) return null
      const bytes = fetch(segment, offset, size)
      return bytes && readEntry(bytes, 0, toSalt(segment.name))
    },
    find,
    window,
    segment: segmentOf,
    counters: () => ({ ...counters }),
    close() {
      scanner?.close()
      scanner = null
    },
  }
}
