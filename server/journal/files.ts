/**
 * Names in the journal's folder: `<writer>/<segment>-<incarnation>.journal`. Segment numbers of a folder only grow, so a
 * position stays true for ever; the incarnation is new for every process that takes the folder over, so the reader knows
 * that whatever an earlier incarnation left open will not go on.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { acquireLock, writerLockFile } from './lock.ts'
import type { Lock } from './lock.ts'

export interface Segment {
  number: number
  incarnation: string
  name: string
  path: string
}

const SEGMENT = /^(\d{10})-([0-9a-f]{8})\.journal$/
const WRITER = /^[0-9a-z]+-[0-9a-f]{8}$/

export const toSegment = (dir: string, number: number, incarnation: string): Segment => {
  const name = `${String(number).padStart(10, '0')}-${incarnation}.journal`
  return { number, incarnation, name, path: join(dir, name) }
}

const namesIn = (dir: string): string[] => {
  try {
    return readdirSync(dir)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** A writer's segments, oldest first. */
export const listSegments = (dir: string): Segment[] =>
  namesIn(dir)
    .map((name) => SEGMENT.exec(name))
    .filter((match) => match !== null)
    .map(([, number, incarnation]) => toSegment(dir, Number(number), incarnation!))
    .sort((a, b) => a.number - b.number)

/** Writers of a journal folder, oldest first: their names begin with the time of their making. */
export const listWriters = (journalDir: string): string[] =>
  namesIn(journalDir)
    .filter((name) => WRITER.test(name))
    .sort()

export const newIncarnation = (): string => randomBytes(4).toString('hex')

export interface WriterFolder {
  writer: string
  dir: string
  lock: Lock
}

/** Two that try for the same lock at once may both be refused: claims go one after the other. */
const CLAIM_MS = 2000
/** Readers ask whether a writer lives with a lock of their own, for less than this. */
const ASKED_MS = 5

/**
 * The oldest folder that nobody holds, else a new one: there are never more folders than there were processes at one time.
 * A new name is never an old one again, even when somebody deleted the journal and the database still knows positions.
 */
export const claimWriterFolder = (journalDir: string): WriterFolder => {
  mkdirSync(journalDir, { recursive: true, mode: 0o700 })
  const claim = acquireLock(join(journalDir, 'claim.lock'), CLAIM_MS)
  try {
    const made = `${Date.now().toString(36)}-${newIncarnation()}`
    for (const writer of [...listWriters(journalDir), made]) {
      const dir = join(journalDir, writer)
      const lock = acquireLock(writerLockFile(dir), ASKED_MS)
      if (lock) return { writer, dir, lock }
    }
    throw new Error(
      `Cannot lock ${join(journalDir, made)}, a folder made just now. Is something else writing to ${journalDir}?`,
    )
  } finally {
    claim?.release()
  }
}

/** Bytes of all segments of all writers, but for the file `without`. Asynchronous: the main thread asks while calls pass. */
export const measureJournal = async (journalDir: string, without?: string): Promise<number> => {
  let bytes = 0
  for (const writer of await readdir(journalDir)) {
    if (!WRITER.test(writer)) continue
    const dir = join(journalDir, writer)
    const names = (await readdir(dir)).filter((name) => SEGMENT.test(name) && join(dir, name) !== without)
    // A segment that the recorder deletes meanwhile counts nothing.
    const sizes = names.map((name) =>
      stat(join(dir, name)).then(
        (info) => info.size,
        () => 0,
      ),
    )
    for (const size of await Promise.all(sizes)) bytes += size
  }
  return bytes
}

export interface DiskRoom {
  /** What the journal leaves on the disk: the recorder must write before it can delete a segment, and others live there too. */
  reserveBytes: number
  /** What is free above the reserve; below 0: the reserve is in use. */
  spareBytes: number
}

const RESERVE_BYTES = 128 * 1024 * 1024
const ENDLESS: DiskRoom = { reserveBytes: 0, spareBytes: Infinity }

/** Of the file system that `dir` is on; without end where it does not tell. Never rejects. */
export const measureDisk = async (dir: string): Promise<DiskRoom> => {
  try {
    const { bavail, blocks, bsize } = await statfs(dir)
    if (blocks === 0) return ENDLESS
    const reserveBytes = Math.min(RESERVE_BYTES, (blocks * bsize) / 4)
    return { reserveBytes, spareBytes: bavail * bsize - reserveBytes }
  } catch {
    return ENDLESS
  }
}
