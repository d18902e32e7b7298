/**
 * What the journal keeps of one direction's body: its bytes up to the capture limit, above it length and SHA-256. The hash is
 * only worked out where the limit may be passed, because hashing every small body would cost more than writing it.
 * A class, against the custom of the house: two are made for each call, and closures cost the data path four times as much.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Direction, PartData } from '../journal/entry.ts'

export class BodyRecord {
  bytes = 0
  /** Below `full` only: a piece did not reach the recorder, whose memory was taken. */
  lost = false
  #limit = Number.POSITIVE_INFINITY
  #hash: Hash | null = null

  /** Says how long the body will be (null: unknown) and how much of it may be kept (0: nothing, capture is below `full`). */
  expect(length: number | null, limit: number): void {
    this.#limit = limit
    if (limit > 0 && this.#hash === null && (length === null || length > limit)) this.#hash = createHash('sha256')
  }

  /** The parts to journal for these bytes: one, or two where the limit lies within. */
  add(bytes: Buffer, direction: Direction, atMs: number): PartData[] {
    const room = Math.max(0, this.#limit - this.bytes)
    this.bytes += bytes.length
    this.#hash?.update(bytes)
    if (bytes.length <= room) return [{ direction, atMs, length: bytes.length, bytes }]
    const beyond = { direction, atMs, length: bytes.length - room, bytes: null }
    return room === 0 ? [beyond] : [{ direction, atMs, length: room, bytes: bytes.subarray(0, room) }, beyond]
  }

  /** Bytes that went by and cannot be kept: they are counted, and no hash speaks for them. */
  skip(length: number, direction: Direction, atMs: number): PartData {
    this.bytes += length
    this.#hash = null
    return { direction, atMs, length, bytes: null }
  }

  get truncated(): boolean {
    return this.#limit > 0 && this.bytes > this.#limit
  }

  /** Hex, of all bytes; null unless truncated. */
  sha256(): string | null {
    return this.truncated && this.#hash ? this.#hash.digest('hex') : null
  }
}
