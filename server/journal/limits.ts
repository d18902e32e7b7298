/**
 * How much the journal may take, on disk and in memory. The policy sets in at 7/8 of `maxBytes` for new calls, so that
 * running calls have room to finish; from 15/16 on everybody's bodies stop being kept; beyond `maxBytes` nothing is.
 * The same on a disk that fills up, whoever fills it: where the reserve begins bodies stop being kept, and below half of it
 * nothing is. On a disk that is full to the last byte the recorder could neither write nor delete, for ever.
 */
import { measureDisk, measureJournal } from './files.ts'

/** `keep` all · `tight`: the policy counts for new calls · `lengths`: of parts only their length · `nothing`. */
export type Room = 'keep' | 'tight' | 'lengths' | 'nothing'

export interface Limits {
  /** Whether this many further bytes fit, with so many queued in memory. */
  room(bytes: number, queued: number): Room
  grown(bytes: number): void
  bytesOnDisk(): number
  /** Looks at the disk again: the recorder deletes segments. Never rejects. */
  measure(): Promise<void>
}

export interface LimitsOptions {
  journalDir: string
  maxBytes: number
  queueBytes: number
  /** The segment that is being written, whose size nobody knows better than its writer; null: none is open. */
  open(): { path: string; bytes: number } | null
}

export const createLimits = ({ journalDir, maxBytes, queueBytes, open }: LimitsOptions): Limits => {
  const soft = maxBytes * (7 / 8)
  const firm = maxBytes * (15 / 16)
  let onDisk = 0
  let sinceMeasured = 0
  let room = { reserveBytes: 0, spareBytes: Infinity }
  let measuring: Promise<void> | null = null

  const look = async (): Promise<void> => {
    const before = open()
    sinceMeasured = 0
    try {
      const others = await measureJournal(journalDir, before?.path)
      room = await measureDisk(journalDir)
      const now = open()
      // A segment that was left meanwhile counts by what came since: too much at worst, so the limit holds all the same.
      onDisk = others + (now?.path === before?.path ? (now?.bytes ?? 0) : (before?.bytes ?? 0) + sinceMeasured)
    } catch {
      // The folder cannot be read just now; our own count goes on.
    }
    measuring = null
  }

  return {
    room(bytes, queued) {
      const coming = queued + bytes
      const disk = onDisk + coming
      const left = room.spareBytes - sinceMeasured - coming
      if (disk < soft && coming < queueBytes && left > 0) return 'keep'
      if (disk > maxBytes || coming > queueBytes * 1.25 || left < -room.reserveBytes / 2) return 'nothing'
      return disk > firm || coming > queueBytes || left <= 0 ? 'lengths' : 'tight'
    },
    grown(bytes) {
      onDisk += bytes
      sinceMeasured += bytes
    },
    bytesOnDisk: () => onDisk,
    measure: () => (measuring ??= look()),
  }
}
