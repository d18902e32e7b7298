/**
 * How much the journal may take, on disk and in memory. The policy sets in at 7/8 of `maxBytes` for new calls, so that
 * running calls have room to finish; from 15/16 on everybody's bodies stop being kept; beyond `maxBytes` nothing is.
 */
import { measureJournal } from './files.ts'

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
  let measuring: Promise<void> | null = null

  const look = async (): Promise<void> => {
    const before = open()
    sinceMeasured = 0
    try {
      const others = await measureJournal(journalDir, before?.path)
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
      const disk = onDisk + queued + bytes
      if (disk < soft && queued + bytes < queueBytes) return 'keep'
      if (disk > maxBytes || queued + bytes > queueBytes * 1.25) return 'nothing'
      return disk > firm || queued + bytes > queueBytes ? 'lengths' : 'tight'
    },
    grown(bytes) {
      onDisk += bytes
      sinceMeasured += bytes
    },
    bytesOnDisk: () => onDisk,
    measure: () => (measuring ??= look()),
  }
}
