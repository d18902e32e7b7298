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
      for (const payload of payloads) {
        const { kind, bytes } = payload
        stored.push(toStored(payload))
        if (isAlone(kind, bytes.byteLength)) row[kind] = squeeze(bytes, row, ALONE_BIT[kind])
        else gathered.add(bytes)
      }
      if (searchText !== '') {
        const length = gathered.addText(searchText)
        stored.push(['searchText', length])
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
export const unpack = (row: PayloadRow, kind: Stored[0]): Uint8Array | null => {
  const entry = find(row.stored, kind)
  if (!entry) return null
  if (isAlone(kind, entry[1])) return expand(row[kind], row.codec, ALONE_BIT[kind])
  const packed = expand(row.packed, row.codec, PACKED)
  let at = 0
  for (const [name, length] of row.stored) {
    if (name === kind) return packed.subarray(at, at + length)
    if (!isAlone(name, length)) at += length
  }
  return null
}

/** Where a kind's bytes lie, so that a query reads no more. */
export const columnOf = (stored: readonly Stored[], kind: Stored[0]): 'packed' | 'request' | 'response' | null => {
  const entry = find(stored, kind)
  return !entry ? null : isAlone(kind, entry[1]) ? kind : 'packed'
}

/** What the wire said of a body. Headers are written by the recorder, so their type goes without saying. */
export const typeOf = (
  stored: readonly Stored[],
  kind: Stored[0],
): Pick<PayloadInput, 'contentType' | 'contentEncoding'> => {
  const [, , contentType = usualType(kind), contentEncoding = null] = find(stored, kind) ?? []
  return { contentType, contentEncoding }
}

const usualType = (kind: Stored[0]): string | null => (kind.endsWith('Headers') ? 'application/json' : null)

function toStored({ kind, bytes, contentType, contentEncoding }: PayloadInput): Stored {
  if (contentEncoding !== null) return [kind, bytes.byteLength, contentType, contentEncoding]
  return contentType === usualType(kind) ? [kind, bytes.byteLength] : [kind, bytes.byteLength, contentType]
}

const find = (stored: readonly Stored[], kind: Stored[0]): Stored | undefined => stored.find(([name]) => name === kind)

export const textOf = (row: PayloadRow): string => {
  const bytes = unpack(row, 'searchText')
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() : ''
}

/** Bytes that the row's content takes in the database. */
export const sizeOf = (row: Pick<PayloadRow, 'packed' | 'request' | 'response'>): number =>
  (row.packed?.byteLength ?? 0) + (row.request?.byteLength ?? 0) + (row.response?.byteLength ?? 0)

const isAlone = (kind: Stored[0], length: number): kind is 'request' | 'response' =>
  (kind === 'request' || kind === 'response') && length >= ALONE

const expand = (bytes: Buffer | null, codec: number, bit: number): Buffer =>
  bytes === null ? Buffer.alloc(0) : codec & bit ? zstdDecompressSync(bytes) : bytes
