/**
 * Turns entries into bytes, ready for one `writev`. Headers, meta-data and small pieces go side by side into pooled blocks
 * of memory, so that a tick's entries are mostly one range of bytes; large pieces are written from where they lie.
 */
import { crc32 } from 'node:zlib'
import type { EntryKind, PartData } from './entry.ts'
import {
  ATTEMPT,
  END,
  END_BYTES,
  FLAG_BYTES,
  FLAG_RESPONSE,
  HEADER_BYTES,
  KINDS,
  PART,
  PART_BYTES,
  START,
  START_BYTES,
  stripPart,
  writeBodyCrc,
  writeHeader,
  writeUInt48,
} from './format.ts'

const BLOCK_BYTES = 256 * 1024
/** Spare blocks kept for reuse. */
const SPARE_BLOCKS = 8
/** Up to here copying is cheaper than one more address for writev (about 0.4 µs). */
const COPY_BYTES = 8 * 1024
/** About what an entry's objects take in memory besides its bytes. */
const OBJECT_BYTES = 256

export interface Block {
  buffer: Buffer
  used: number
  /** Entries in it that are not settled yet. */
  pins: number
}

/** An encoded entry on its way to the disk. */
export interface Pending {
  kind: EntryKind
  block: Block
  at: number
  /** Bytes in the block. */
  size: number
  /** Bytes that lie elsewhere and follow, or null. They must not change until the entry is settled. */
  tail: Buffer | null
  done: Done
  owner: CallState
  /** What it counts in the queue's bound; stays as it was when the entry is stripped. */
  charged: number
}

/** What the writer remembers of a call between its `start` and its `end`. */
export interface CallState {
  callId: string
  /** Bytes of each body so far, kept or not: the next part's offset. */
  request: number
  response: number
  /** Began when the journal was full: its bodies are not kept. */
  shed: boolean
  /** Which bodies are counted as shed: 1 request, 2 response. */
  counted: number
  /** Its start is not in the journal, so the rest needs not be. */
  lost: boolean
  /** The `end`'s JSON, until it is in the journal. */
  end: string | null
}

/** Called once: true when the entry is in the journal. */
export type Done = (kept: boolean) => void

export const totalBytes = (entry: Pending): number => entry.size + (entry.tail?.length ?? 0)

export const hasBody = (entry: Pending): boolean =>
  entry.kind === 'part' && (entry.tail !== null || entry.size > HEADER_BYTES + PART_BYTES)

export const isResponse = (entry: Pending): boolean => (entry.block.buffer[entry.at + 5]! & FLAG_RESPONSE) !== 0

/** Leaves of a part only its length. */
export const strip = (entry: Pending): void => {
  stripPart(entry.block.buffer, entry.at)
  entry.size = HEADER_BYTES + PART_BYTES
  entry.tail = null
}

export interface Encoder {
  start(call: CallState, startedAt: number, json: string, done: Done): Pending
  attempt(call: CallState, json: string, done: Done): Pending
  /** `offset`: bytes of this body before the part. */
  part(call: CallState, part: PartData, keepBytes: boolean, offset: number, done: Done): Pending
  end(call: CallState, json: string, done: Done): Pending
  /** Gives the entry's memory back. */
  free(entry: Pending): void
}

const createBlock = (): Block => ({ buffer: Buffer.allocUnsafeSlow(BLOCK_BYTES), used: 0, pins: 0 })

export const createEncoder = (): Encoder => {
  let current = createBlock()
  const spare: Block[] = []

  const take = (bytes: number): Block => {
    if (current.pins === 0) current.used = 0
    if (current.used + bytes > BLOCK_BYTES) {
      current = spare.pop() ?? createBlock()
      current.used = 0
    }
    return current
  }

  /** Header with `fixed` bytes to be filled in by the caller, then text. `bodyCrc` is still missing. */
  const withJson = (kind: number, owner: CallState, fixed: number, json: string, done: Done): Pending => {
    const inBlock = HEADER_BYTES + fixed
    // UTF-8 takes at most three bytes for one UTF-16 unit.
    const copied = json.length * 3 <= BLOCK_BYTES / 4
    const block = take(inBlock + (copied ? json.length * 3 : 0))
    const at = block.used
    const tail = copied ? null : Buffer.from(json)
    const length = tail ? tail.length : block.buffer.write(json, at + inBlock, 'utf8')
    writeHeader(block.buffer, at, kind, 0, fixed + length, owner.callId)
    return pin({ kind: KINDS[kind - 1]!, block, at, size: tail ? inBlock : inBlock + length, tail, done, owner })
  }

  const pin = (entry: Omit<Pending, 'charged'>): Pending => {
    entry.block.used += entry.size
    entry.block.pins++
    return { ...entry, charged: entry.size + (entry.tail?.length ?? 0) + OBJECT_BYTES }
  }

  const close = (entry: Pending): Pending => {
    const { buffer } = entry.block
    const crc = crc32(buffer.subarray(entry.at + HEADER_BYTES, entry.at + entry.size))
    writeBodyCrc(buffer, entry.at, entry.tail ? crc32(entry.tail, crc) : crc)
    return entry
  }

  return {
    start(call, startedAt, json, done) {
      const entry = withJson(START, call, START_BYTES, json, done)
      entry.block.buffer.writeDoubleLE(startedAt, entry.at + HEADER_BYTES)
      return close(entry)
    },

    attempt: (call, json, done) => close(withJson(ATTEMPT, call, 0, json, done)),

    end(call, json, done) {
      const entry = withJson(END, call, END_BYTES, json, done)
      writeUInt48(entry.block.buffer, entry.at + HEADER_BYTES, call.request)
      writeUInt48(entry.block.buffer, entry.at + HEADER_BYTES + 6, call.response)
      return close(entry)
    },

    part(owner, part, keepBytes, offset, done) {
      const bytes = keepBytes ? part.bytes : null
      const copied = bytes !== null && bytes.length <= COPY_BYTES
      const size = HEADER_BYTES + PART_BYTES + (copied ? bytes.length : 0)
      const block = take(size)
      const at = block.used
      const flags = (part.direction === 'response' ? FLAG_RESPONSE : 0) | (bytes ? FLAG_BYTES : 0)
      writeHeader(block.buffer, at, PART, flags, PART_BYTES + (bytes?.length ?? 0), owner.callId)
      const body = at + HEADER_BYTES
      writeUInt48(block.buffer, body, Math.max(0, Math.round(part.atMs * 100)))
      writeUInt48(block.buffer, body + 6, offset)
      block.buffer.writeUInt32LE(part.length, body + 12)
      if (copied) block.buffer.set(bytes, body + PART_BYTES)
      return close(pin({ kind: 'part', block, at, size, tail: copied ? null : bytes, done, owner }))
    },

    free(entry) {
      const from = entry.block
      if (--from.pins === 0 && from !== current && spare.length < SPARE_BLOCKS) spare.push(from)
    },
  }
}
