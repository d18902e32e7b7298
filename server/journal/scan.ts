/**
 * Reads the entries of one segment file, in order, with big reads. Where an entry is not intact it searches for the next
 * one that is. At the tail of a living segment nothing is judged: bytes that do not fit yet may still be on their way.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { EntryKind } from './entry.ts'
import type { Segment } from './files.ts'
import { HEADER_BYTES, MAGIC, START_BYTES, readCallKey, readHeader, readStartedAt, toSalt } from './format.ts'
import type { Header } from './format.ts'

export const WINDOW_BYTES = 1024 * 1024

/** Where an intact entry stands. */
export interface EntryRef {
  kind: EntryKind
  /** See `readCallKey`. */
  callKey: string
  /** Of a `start`, else 0. */
  startedAt: number
  segment: number
  offset: number
  /** Header and body. */
  size: number
}

export interface Skipped {
  segment: Segment
  from: number
  to: number
  /** How many entries stood there, as far as the numbers of their neighbours tell; at least one. */
  entries: number
}

export interface Scanner {
  readonly segment: Segment
  /**
   * The next intact entry. null: nothing more, for now, or for good if `sealed` (nobody will write to this segment).
   */
  next(sealed: boolean): EntryRef | null
  offset(): number
  /** Goes back to an entry that it gave, to give it again. */
  back(ref: EntryRef): void
  /**
   * Where in the window the bytes of an entry that it gave are, or -1. They are the very bytes that were judged: the window is
   * never filled from before the entry that is being read. The next call of `next` may overwrite them.
   */
  find(offset: number, size: number): number
  close(): void
}

export interface ScannerOptions {
  segment: Segment
  offset: number
  /** Memory of WINDOW_BYTES, shared by the scanners of a reader. */
  window: Buffer
  skipped(region: Skipped): void
  /** The last entry was cut off by a crash: it was never acknowledged. */
  torn(bytes: number): void
}

type Verdict = 'intact' | 'incomplete' | 'corrupt'

export const createScanner = ({ segment, offset: from, window, skipped, torn }: ScannerOptions): Scanner => {
  const fd = openSync(segment.path, 'r')
  const salt = toSalt(segment.name)
  let offset = from
  /** What the window holds: bytes of the file from `base`. */
  let base = from
  let filled = 0
  /** Number of the last intact entry; -1 when not known. */
  let number = -1

  const fill = (at: number): void => {
    base = at
    filled = 0
    while (filled < window.length) {
      const n = readSync(fd, window, filled, window.length - filled, base + filled)
      if (n === 0) return
      filled += n
    }
  }
  /** Whether `bytes` from `at` are in the window, reading them if they exist. */
  const holds = (at: number, bytes: number): boolean => {
    if (at >= base && at + bytes <= base + filled) return true
    fill(at)
    return bytes <= filled
  }

  const headerAt = (at: number): Header | null => {
    const header = readHeader(window, at - base, salt)
    return header && header.number > number ? header : null
  }

  const bodyCrc = (at: number, length: number): number | null => {
    if (HEADER_BYTES + length <= window.length) {
      if (!holds(at - HEADER_BYTES, HEADER_BYTES + length)) return null
      return crc32(window.subarray(at - base, at - base + length))
    }
    let crc = 0
    const chunk = Buffer.allocUnsafeSlow(WINDOW_BYTES)
    for (let done = 0; done < length;) {
      const n = readSync(fd, chunk, 0, Math.min(chunk.length, length - done), at + done)
      if (n === 0) return null
      crc = crc32(chunk.subarray(0, n), crc)
      done += n
    }
    return crc
  }

  const judge = (header: Header): Verdict => {
    const crc = bodyCrc(offset + HEADER_BYTES, header.length)
    if (crc === null) return 'incomplete'
    return crc === header.bodyCrc ? 'intact' : 'corrupt'
  }

  /** The place of the next header that fits, behind `after`; -1 when there is none. */
  const search = (after: number): number => {
    let at = after + 1
    while (holds(at, HEADER_BYTES)) {
      const hit = window.subarray(0, filled).indexOf(MAGIC, at - base)
      if (hit < 0) at = base + filled - (MAGIC.length - 1)
      else if (!holds((at = base + hit), HEADER_BYTES)) return -1
      else if (headerAt(at)) return at
      else at++
    }
    return -1
  }

  const skip = (to: number, next: Header | null): void => {
    const entries = next && number >= 0 ? next.number - number - 1 : 1
    skipped({ segment, from: offset, to, entries: Math.max(1, entries) })
    offset = to
  }

  /** True when reading may go on. */
  const resync = (sealed: boolean, verdict: Verdict, own: Header | null): boolean => {
    // A copy of older entries inside a broken body has lower numbers than the entry around it.
    const before = number
    if (own) number = own.number
    const found = search(offset)
    const next = found < 0 ? null : headerAt(found)
    number = before
    if (next) {
      // In a living segment what did not fit a moment ago may have come meanwhile: look once more before judging.
      if (!sealed) fill(offset)
      const fits = !sealed && headerAt(offset)
      if (!fits || judge(fits) !== 'intact') skip(found, next)
      return true
    }
    if (!sealed) return false
    const end = fstatSync(fd).size
    if (verdict === 'incomplete' && end > offset) torn(end - offset)
    else if (end > offset) skip(end, null)
    offset = Math.max(offset, end)
    return false
  }

  const next = (sealed: boolean): EntryRef | null => {
    for (;;) {
      if (!holds(offset, HEADER_BYTES)) {
        if (sealed && filled > 0) torn(filled)
        if (sealed) offset += filled
        return null
      }
      const header = headerAt(offset)
      const verdict = header ? judge(header) : 'corrupt'
      if (header && verdict === 'intact') {
        holds(offset, HEADER_BYTES + START_BYTES)
        const at = offset - base
        const startedAt = header.kind === 'start' ? readStartedAt(window, at) : 0
        const ref = {
          kind: header.kind,
          callKey: readCallKey(window, at),
          startedAt,
          segment: segment.number,
          offset,
          size: 0,
        }
        ref.size = HEADER_BYTES + header.length
        number = header.number
        offset += ref.size
        return ref
      }
      if (!sealed && verdict === 'incomplete') return null
      if (!resync(sealed, verdict, header)) return null
    }
  }

  return {
    segment,
    next,
    offset: () => offset,
    back(ref) {
      offset = ref.offset
      number--
    },
    find: (at, size) => (at >= base && at + size <= base + filled ? at - base : -1),
    close: () => closeSync(fd),
  }
}
