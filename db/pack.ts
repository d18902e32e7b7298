/** Between the bodies of a call and its one row of content: what is small goes into one zstd frame, what is large gets its own. */
import { zstdDecompressSync } from 'node:zlib'
import type { PayloadInput } from './store.ts'
import type { PayloadRow, Stored } from './tables.ts'
import { createCompress } from './zstd.ts'

/** A body of this size or more stands alone. */
const ALONE = 32 * 1024
/** Under this, a frame saves less disk than it costs. */
const WORTH_A_FRAME = 256
/** Level 1 against 3: a tenth larger, a third faster (measured on chat bodies of 1 to 100 kB). */
const LEVEL = 1
const PACKED = 1
const ALONE_BIT = { request: 2, response: 4 } as const

export interface Packer {
  /** null when there is nothing to keep. */
  pack(callPk: number, payloads: readonly PayloadInput[], searchText: string): PayloadRow | null
}

export const createPacker = (): Packer => {
  const compress = createCompress(LEVEL)
  const gathered = createGathered()

  const squeeze = (bytes: Uint8Array, row: PayloadRow, bit: number): Buffer => {
    const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const frame = plain.byteLength < WORTH_A_FRAME ? plain : compress(plain)
    if (frame.byteLength >= plain.byteLength) return Buffer.from(plain)
    row.codec |= bit
    return frame
  }

  return {
    pack: (callPk, payloads, searchText) => {
      const stored: Stored[] = []
      const row: PayloadRow = { callPk, stored, codec: 0, packed: null, request: null, response: null }
      gathered.clear()
      for (const { kind, bytes, contentType, contentEncoding } of payloads) {
        const length = bytes.byteLength
        stored.push({ kind, length, contentType, contentEncoding })
        if (isAlone(kind, length)) row[kind] = squeeze(bytes, row, ALONE_BIT[kind])
        else gathered.add(bytes)
      }
      if (searchText !== '') {
        const length = gathered.addText(searchText)
        stored.push({ kind: 'searchText', length, contentType: null, contentEncoding: null })
      }
      const packed = gathered.bytes()
      if (packed.byteLength > 0) row.packed = squeeze(packed, row, PACKED)
      return stored.length === 0 ? null : row
    },
  }
}

/** What is small lies one after the other in memory that is used again and again. */
function createGathered() {
  let room = Buffer.allocUnsafeSlow(4 * ALONE)
  let used = 0
  const reserve = (more: number) => {
    if (used + more <= room.byteLength) return
    const larger = Buffer.allocUnsafeSlow(2 * (used + more))
    larger.set(room.subarray(0, used))
    room = larger
  }
  return {
    clear: () => void (used = 0),
    add: (bytes: Uint8Array) => {
      reserve(bytes.byteLength)
      room.set(bytes, used)
      used += bytes.byteLength
    },
    addText: (text: string): number => {
      // A UTF-16 unit is three bytes of UTF-8 at most.
      reserve(3 * text.length)
      const length = room.write(text, used)
      used += length
      return length
    },
    /** A view, good until the next call. */
    bytes: () => room.subarray(0, used),
  }
}

/** One kind's bytes; null when it was not captured. `row` needs `stored`, `codec` and the column that `columnOf` names. */
export const unpack = (row: PayloadRow, kind: Stored['kind']): Uint8Array | null => {
  const entry = row.stored.find((one) => one.kind === kind)
  if (!entry) return null
  if (isAlone(kind, entry.length)) return expand(row[kind], row.codec, ALONE_BIT[kind])
  const packed = expand(row.packed, row.codec, PACKED)
  let at = 0
  for (const one of row.stored) {
    if (one.kind === kind) return packed.subarray(at, at + one.length)
    if (!isAlone(one.kind, one.length)) at += one.length
  }
  return null
}

/** Where a kind's bytes lie, so that a query reads no more. */
export const columnOf = (stored: readonly Stored[], kind: Stored['kind']): 'packed' | 'request' | 'response' | null => {
  const entry = stored.find((one) => one.kind === kind)
  return !entry ? null : isAlone(kind, entry.length) ? kind : 'packed'
}

export const textOf = (row: PayloadRow): string => {
  const bytes = unpack(row, 'searchText')
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() : ''
}

/** Bytes that the row's content takes in the database. */
export const sizeOf = (row: Pick<PayloadRow, 'packed' | 'request' | 'response'>): number =>
  (row.packed?.byteLength ?? 0) + (row.request?.byteLength ?? 0) + (row.response?.byteLength ?? 0)

const isAlone = (kind: Stored['kind'], length: number): kind is 'request' | 'response' =>
  (kind === 'request' || kind === 'response') && length >= ALONE

const expand = (bytes: Buffer | null, codec: number, bit: number): Buffer =>
  bytes === null ? Buffer.alloc(0) : codec & bit ? zstdDecompressSync(bytes) : bytes
