/** Deletes what the recorder has done with. Deleted too early, a segment is lost calls; so it only acts on what is checkpointed. */
import { readdirSync, rmSync, statSync, truncateSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { skippedFolder } from './aside.ts'
import type { Hold } from './assemble.ts'
import { listSegments } from './files.ts'
import type { Segment } from './files.ts'
import { isWriterAlive } from './lock.ts'

const SKIPPED_MS = 30 * 24 * 60 * 60_000

export interface SweepOptions {
  /** `<data>/journal` */
  dir: string
  /** Of the last batch that is committed *and* written back with fsync: SQLite may lose later commits with the power. */
  holds: Hold[]
  /** Corrupt stretches that were set aside are deleted after this long. */
  skippedMs?: number
}

export interface Swept {
  segments: number
  bytes: number
}

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

const deleteSegment = (segment: Segment): number => {
  const bytes = sizeOf(segment.path)
  rmSync(segment.path, { force: true })
  return bytes
}

/**
 * A dead writer's last segment keeps its name, for the folder's numbers must grow for ever, but not its content. Nobody
 * writes to it: a process that takes the folder over begins a segment of its own.
 */
const emptyLast = (writerDir: string, last: Segment, hold: Hold): number => {
  const bytes = sizeOf(last.path)
  const done = last.number === hold.segment && hold.offset >= bytes && !hold.pinned.includes(last.number)
  if (bytes === 0 || !done || isWriterAlive(writerDir)) return 0
  truncateSync(last.path, 0)
  return bytes
}

const sweepSkipped = (writerDir: string, before: number): void => {
  let names: string[] = []
  const folder = skippedFolder(writerDir)
  try {
    names = readdirSync(folder)
  } catch {
    return
  }
  for (const name of names) {
    const path = join(folder, name)
    if (statSync(path).mtimeMs < before) unlinkSync(path)
  }
}

/** Deletes segments that are read to their end and hold no entry of an open call. Synchronous: for the recorder's thread. */
export const sweepJournal = ({ dir, holds, skippedMs = SKIPPED_MS }: SweepOptions): Swept => {
  const swept = { segments: 0, bytes: 0 }
  for (const hold of holds) {
    const writerDir = join(dir, hold.writer)
    const segments = listSegments(writerDir)
    for (const segment of segments) {
      if (segment.number >= hold.segment || hold.pinned.includes(segment.number)) continue
      swept.bytes += deleteSegment(segment)
      swept.segments++
    }
    const last = segments.at(-1)
    if (last) swept.bytes += emptyLast(writerDir, last, hold)
    sweepSkipped(writerDir, Date.now() - skippedMs)
  }
  return swept
}
