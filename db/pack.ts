/** Between the bodies of a call and its one row of content: what is small goes into one zstd frame, what is large gets its own. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { PayloadInput } from './store.ts'
import type { PayloadRow, Stored } from './tables.ts'

/** A body of this size or more stands alone. */
const ALONE = 32 * 1024
/** Under this, a frame saves less disk than its 25 µs are worth. */
const WORTH_A_FRAME = 512
/** Level 1 against 3: a tenth larger, a third faster (measured on chat bodies of 1 to 100 kB). */
const PARAMS = { [constants.ZSTD_c_compressionLevel]: 1 }
/** zlib's output buffer is 16 kB unless told: garbage by the megabyte for answers of a few hundred bytes. */
const CHUNK_MAX = 64 * 1024
const PACKED = 1
const ALONE_BIT = { request: 2, response: 4 } as const

/** null when there is nothing to keep. */
export const packContent = (
  callPk: number,
  payloads: readonly PayloadInput[],
  searchText: string,
): PayloadRow | null => {
  const stored: Stored[] = []
  const small: Uint8Array[] = []
  const row: PayloadRow = { callPk, stored, codec: 0, packed: null, request: null, response: null }
  for (const { kind, bytes, contentType, contentEncoding } of payloads) {
    stored.push({ kind, length: bytes.byteLength, contentType, contentEncoding })
    if (isAlone(kind, bytes.byteLength)) row[kind] = squeeze(bytes, row, ALONE_BIT[kind])
    else small.push(bytes)
  }
  if (searchText !== '') {
    const bytes = Buffer.from(searchText)
    stored.push({ kind: 'searchText', length: bytes.byteLength, contentType: null, contentEncoding: null })
    small.push(bytes)
  }
  if (stored.length === 0) return null
  if (small.length > 0) row.packed = squeeze(small.length === 1 ? small[0]! : Buffer.concat(small), row, PACKED)
  return row
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

function squeeze(bytes: Uint8Array, row: PayloadRow, bit: number): Buffer {
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (plain.byteLength < WORTH_A_FRAME) return plain
  const frame = zstdCompressSync(plain, { params: PARAMS, chunkSize: Math.min(plain.byteLength, CHUNK_MAX) })
  if (frame.byteLength >= plain.byteLength) return plain
  row.codec |= bit
  return frame
}

const expand = (bytes: Buffer | null, codec: number, bit: number): Buffer =>
  bytes === null ? Buffer.alloc(0) : codec & bit ? zstdDecompressSync(bytes) : bytes
