/** Reads the entries of one finished call back from the journal and puts them together. */
import { closeSync, openSync, readSync } from 'node:fs'
import type { AttemptMeta, JournaledCall, PartData } from './entry.ts'
import { readEntry, readJudged, toSalt } from './format.ts'
import type { Stored } from './format.ts'
import type { WriterReader } from './read.ts'
import type { Ref } from './refs.ts'

/** Entries this close together are read in one go, along with what lies between them. */
const GAP_BYTES = 16 * 1024
const RUN_BYTES = 1024 * 1024

/** The references of one read: neighbours in one segment. */
const toRuns = (refs: Ref[]): Ref[][] => {
  const runs: Ref[][] = []
  let run: Ref[] = []
  for (const ref of refs) {
    const [first, last] = [run[0], run.at(-1)]
    const near =
      first !== undefined &&
      last !== undefined &&
      ref.segment === first.segment &&
      ref.offset - (last.offset + last.size) <= GAP_BYTES &&
      ref.offset + ref.size - first.offset <= RUN_BYTES
    if (!near) runs.push((run = []))
    run.push(ref)
  }
  return runs
}

/** The run's bytes in memory of their own; shorter than wanted, or empty, when the file does not have them any longer. */
const readRun = (fd: number, run: Ref[]): Buffer => {
  if (fd < 0) return Buffer.alloc(0)
  const from = run[0]!.offset
  const bytes = Buffer.allocUnsafeSlow(run.at(-1)!.offset + run.at(-1)!.size - from)
  let filled = 0
  while (filled < bytes.length) {
    const n = readSync(fd, bytes, filled, bytes.length - filled, from + filled)
    if (n === 0) break
    filled += n
  }
  return bytes.subarray(0, filled)
}

const openOrMissing = (path: string): number => {
  try {
    return openSync(path, 'r')
  } catch {
    return -1
  }
}

/** A call that ended soon after it began is still in the window, its entries judged; null: not all of it is. */
const entriesInWindow = (reader: WriterReader, callId: string, refs: Ref[]): Stored[] | null => {
  const found: Stored[] = []
  for (const { segment, offset, size } of refs) {
    const at = reader.find(segment, offset, size)
    if (at < 0) return null
    const stored = readJudged(reader.window, at, callId)
    if (stored.entry.kind === 'part' && stored.entry.part.bytes)
      stored.entry.part.bytes = Buffer.from(stored.entry.part.bytes)
    found.push(stored)
  }
  return found
}

const entriesOf = (reader: WriterReader, refs: Ref[]): Stored[] => {
  const found: Stored[] = []
  const files = new Map<number, number>()
  const fileOf = (number: number): number => {
    const fd = files.get(number) ?? openOrMissing(reader.segment(number)!.path)
    files.set(number, fd)
    return fd
  }
  try {
    for (const run of toRuns(refs)) {
      const { segment: number, offset: from } = run[0]!
      const segment = reader.segment(number)
      // Deleted by hand: what stood there is missing from the call, which says so by its gaps.
      if (!segment) continue
      const bytes = readRun(fileOf(number), run)
      for (const ref of run) {
        const stored = readEntry(bytes, ref.offset - from, toSalt(segment.name))
        if (stored) found.push(stored)
      }
    }
  } finally {
    for (const fd of files.values()) if (fd >= 0) closeSync(fd)
  }
  return found
}

interface Body {
  parts: PartData[]
  length: number
}

/** Fills the place of parts that the journal lost, so that nobody takes the rest for the whole. */
const addGap = (body: Body, upTo: number, atMs: number, direction: PartData['direction']): void => {
  if (upTo <= body.length) return
  body.parts.push({ direction, atMs, length: upTo - body.length, bytes: null })
  body.length = upTo
}

const addPart = (body: Body, part: PartData, offset: number): void => {
  // Written twice: an error cut off entries that a reader had already seen, and they were written again elsewhere.
  if (offset < body.length) return
  addGap(body, offset, part.atMs, part.direction)
  body.parts.push(part)
  body.length += part.length
}

/** The call, or null when its start is not there any longer. Its bodies may be incomplete: parts without bytes say so. */
export const gatherCall = (reader: WriterReader, callId: string, refs: Ref[]): JournaledCall | null => {
  const request: Body = { parts: [], length: 0 }
  const response: Body = { parts: [], length: 0 }
  const attempts: AttemptMeta[] = []
  let start: JournaledCall['start'] | null = null
  let end: JournaledCall['end'] = null
  for (const stored of entriesInWindow(reader, callId, refs) ?? entriesOf(reader, refs)) {
    const { entry } = stored
    if (entry.kind === 'start') start ??= entry.meta
    else if (entry.kind === 'attempt') {
      // The last word on a try counts, and the try that was spoken of last is the one that answered.
      const before = attempts.findLastIndex(({ n }) => n === entry.meta.n)
      if (before >= 0) attempts.splice(before, 1)
      attempts.push(entry.meta)
    } else if (entry.kind === 'part')
      addPart(entry.part.direction === 'request' ? request : response, entry.part, stored.bodyOffset)
    else {
      end = entry.meta
      addGap(request, stored.requestBytes, end.durationMs, 'request')
      addGap(response, stored.responseBytes, end.durationMs, 'response')
    }
  }
  return start && { callId, start, attempts, request: request.parts, response: response.parts, end }
}
