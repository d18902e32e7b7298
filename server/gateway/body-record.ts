/**
 * What the journal keeps of one direction's body: its bytes up to the capture limit, above it length and SHA-256. The hash is
 * only worked out where the limit may be passed, because hashing every small body would cost more than writing it.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Direction, PartData } from '../journal/entry.ts'

export interface BodyRecord {
  /** Says how long the body will be (null: unknown) and how much of it may be kept (0: nothing, capture is below `full`). */
  expect(length: number | null, limit: number): void
  /** The parts to journal for these bytes: one, or two where the limit lies within. */
  add(bytes: Buffer, direction: Direction, atMs: number): PartData[]
  readonly bytes: number
  readonly truncated: boolean
  /** Hex, of all bytes; null unless truncated. */
  sha256(): string | null
}

export function createBodyRecord(): BodyRecord {
  let total = 0
  let limit = Number.POSITIVE_INFINITY
  let hash: Hash | null = null

  return {
    expect(length, most) {
      limit = most
      if (most > 0 && (length === null || length > most)) hash = createHash('sha256')
    },
    add(bytes, direction, atMs) {
      const room = Math.max(0, limit - total)
      total += bytes.length
      hash?.update(bytes)
      if (bytes.length <= room) return [{ direction, atMs, length: bytes.length, bytes }]
      const beyond = { direction, atMs, length: bytes.length - room, bytes: null }
      return room === 0 ? [beyond] : [{ direction, atMs, length: room, bytes: bytes.subarray(0, room) }, beyond]
    },
    get bytes() {
      return total
    },
    get truncated() {
      return limit > 0 && total > limit
    },
    sha256: () => (limit > 0 && total > limit && hash ? hash.digest('hex') : null),
  }
}
