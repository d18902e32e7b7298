/**
 * Between the bodies of a call and its one row of content: what is small goes into one zstd frame, what is large gets its own. Against
 * a key frame of its session (frames/) all but a large response goes into one, the delta.
 */
import { zstdDecompressSync } from 'node:zlib'
import { fromDelta, MOST as DELTA_MAX, toDelta } from './frames/delta.ts'
import type { PayloadInput } from './store.ts'
import type { PayloadRow, Stored } from './tables.ts'
import { createCompress } from './zstd.ts'

/**
 * A body of this size or more stands alone. It was 32 kB first (rows without the bit `WIDE`): then the search text, which is
 * found again in the bodies beside it, cost a quarter of all bytes of a 100 kB call.
 */
const ALONE = 256 * 1024
const ALONE_FIRST = 32 * 1024
/** Under this, a frame saves less disk than it costs. */
const WORTH_A_FRAME = 256
/** Requests under this say too little again to be worth a look at what came before. */
const DELTA_FROM = 1024
/** Level 1 against 3: a tenth larger, a third faster (measured on chat bodies of 1 to 100 kB). */
const LEVEL = 1
/** Bits of `codec`; see tables.ts. */
const PACKED = 1
const ALONE_BIT = { request: 2, response: 4 } as const
const DELTA = 8
const WIDE = 16
/** The call had been stored before: what a reader of its first content remembers of this row is no longer true. */
export const REPLACED = 32

/** What a row is a delta to. */
export interface Key {
  pk: number
  dictionary: Buffer
}

export interface Packer {
  /** null when there is nothing to keep. Without a key the row stands by itself. */
  pack(callPk: number, payloads: readonly PayloadInput[], searchText: string, key?: Key | null): PayloadRow | null
}

export const createPacker = (): Packer => {
  const compress = createCompress(LEVEL)
  const gathered = createGathered()

  const squeeze = (bytes: Uint8Array, row: PayloadRow, bit: number): Buffer => {
    const plain = asBuffer(bytes)
    const frame = plain.byteLength < WORTH_A_FRAME ? plain : compress(plain)
    if (frame.byteLength >= plain.byteLength) return Buffer.from(plain)
    row.codec |= bit
    return frame
  }

  return {
    pack: (callPk, payloads, searchText, key = null) => {
      const stored: Stored[] = []
      const codec = WIDE | (key ? DELTA : 0)
      const row: PayloadRow = {
        callPk,
        stored,
        codec,
        framePk: key?.pk ?? null,
        packed: null,
        request: null,
        response: null,
      }
      gathered.clear()
      for (const payload of payloads) {
        const { kind, bytes } = payload
        stored.push(toStored(payload))
        if (isAlone(kind, bytes.byteLength, codec)) row[kind] = squeeze(bytes, row, ALONE_BIT[kind])
        else gathered.add(bytes)
      }
      if (searchText !== '') {
        const length = gathered.addText(searchText)
        stored.push(['searchText', length])
      }
      const packed = gathered.bytes()
      if (key) row.packed = toDelta(packed, key.dictionary)
      else if (packed.byteLength > 0) row.packed = squeeze(packed, row, PACKED)
      return stored.length === 0 ? null : row
    },
  }
}

/** What is small lies one after the other in memory that is used again and again. */
function createGathered() {
  let room = Buffer.allocUnsafeSlow(ALONE)
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

/** What reading a row takes: `columnOf` names the column, `needsKey` whether the bytes of its key frame are wanted. */
export type Content = Pick<PayloadRow, 'stored' | 'codec' | 'packed' | 'request' | 'response'>

/** One kind's bytes; null when it was not captured. `key`: what `dictionaryOf` answers for the row of its key frame. */
export const unpack = (row: Content, kind: Stored[0], key: Buffer | null = null): Uint8Array | null => {
  const column = columnOf(row, kind)
  if (column === null) return null
  if (column !== 'packed') return expand(row[column], row.codec, ALONE_BIT[column])
  const packed = row.codec & DELTA ? fromKey(row.packed, key) : expand(row.packed, row.codec, PACKED)
  let at = 0
  for (const [name, length] of row.stored) {
    if (name === kind) return packed.subarray(at, at + length)
    if (!isAlone(name, length, row.codec)) at += length
  }
  return null
}

const fromKey = (packed: Buffer | null, key: Buffer | null): Buffer => {
  if (packed === null || key === null) throw new Error('The key frame of this content was not given with it.')
  return fromDelta(packed, key)
}

/** Where a kind's bytes lie, so that a query reads no more. */
export const columnOf = (
  { stored, codec }: Pick<PayloadRow, 'stored' | 'codec'>,
  kind: Stored[0],
): 'packed' | 'request' | 'response' | null => {
  const entry = find(stored, kind)
  return !entry ? null : isAlone(kind, entry[1], codec) ? kind : 'packed'
}

/** The bytes that deltas to this row refer to: all but a large response. */
export const dictionaryOf = ({ codec, packed, request }: Pick<PayloadRow, 'codec' | 'packed' | 'request'>): Buffer => {
  const first = expand(packed, codec, PACKED)
  return request === null ? first : Buffer.concat([first, expand(request, codec, ALONE_BIT.request)])
}

/** Whether a call may stand in deltas at all: with a request of some size, as JSON and not as what an encoding made of it. */
export const suitsDelta = (payloads: readonly PayloadInput[]): boolean => {
  const request = payloads.find(({ kind }) => kind === 'request')
  if (!request || request.contentEncoding !== null) return false
  return request.bytes.byteLength >= DELTA_FROM && request.bytes.byteLength <= DELTA_MAX
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

export const textOf = (row: Content, key: Buffer | null = null): string => {
  const bytes = unpack(row, 'searchText', key)
  return bytes ? asBuffer(bytes).toString() : ''
}

/** Bytes that the row's content takes in the database. */
export const sizeOf = (row: Pick<PayloadRow, 'packed' | 'request' | 'response'>): number =>
  (row.packed?.byteLength ?? 0) + (row.request?.byteLength ?? 0) + (row.response?.byteLength ?? 0)

const isAlone = (kind: Stored[0], length: number, codec: number): kind is 'request' | 'response' =>
  (kind === 'response' || (kind === 'request' && (codec & DELTA) === 0)) &&
  length >= (codec & WIDE ? ALONE : ALONE_FIRST)

const expand = (bytes: Buffer | null, codec: number, bit: number): Buffer =>
  bytes === null ? Buffer.alloc(0) : codec & bit ? zstdDecompressSync(bytes) : bytes

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
