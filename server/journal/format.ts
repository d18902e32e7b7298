/**
 * The bytes of a journal entry, for writer and reader alike. A fixed header (its own CRC, the body's CRC, the call id)
 * and a body: a few binary fields, then JSON (start, attempt, end) or raw bytes (part). Little-endian throughout.
 *
 *   0 magic · 4 kind · 5 flags · 6 zero · 8 body length · 12 number in segment · 16 call id · 32 body CRC · 36 header CRC
 *
 * The header's CRC is salted with the segment's name and entries are numbered within their segment, so journal bytes that
 * travelled through Weir as somebody's body are never taken for entries when the reader has to search its way.
 */
import { crc32 } from 'node:zlib'
import type { Entry, EntryKind, PartData } from './entry.ts'

/** 0xF7 never occurs in UTF-8: the search for the next entry does not stumble over text. */
export const MAGIC = Buffer.from([0xf7, 0x57, 0x4a, 0x31])
const MAGIC_WORD = MAGIC.readUInt32LE(0)
export const HEADER_BYTES = 40
/** Arrival in units of 10 µs (6), offset in the body (6), length (4). */
export const PART_BYTES = 16
/** `startedAt` as a double, so that the reader can list open calls without parsing JSON. */
export const START_BYTES = 8
/** Bytes of request (6) and of response (6) that went through the journal, kept or not: shows a part lost at the end. */
export const END_BYTES = 12

export const KINDS: readonly EntryKind[] = ['start', 'attempt', 'part', 'end']
export const START = 1
export const ATTEMPT = 2
export const PART = 3
export const END = 4

export const FLAG_RESPONSE = 1
/** The part's bytes are there, not only their count. */
export const FLAG_BYTES = 2

export interface Header {
  kind: EntryKind
  flags: number
  /** Bytes of the body behind the header. */
  length: number
  /** 0, 1, 2 … within the segment. */
  number: number
  bodyCrc: number
}

const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1
  return n
})

/** For 36 bytes a table in JavaScript takes a third of the time that the way into zlib takes. */
const headerCrc = (buffer: Buffer, at: number, salt: number): number => {
  let crc = ~salt
  for (let i = at; i < at + 36; i++) crc = TABLE[(crc ^ buffer[i]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

export const toSalt = (segmentName: string): number => crc32(segmentName)

const HEX = new Int8Array(128).fill(-1)
for (let digit = 0; digit < 16; digit++) {
  HEX['0123456789abcdef'.charCodeAt(digit)] = digit
  HEX['0123456789ABCDEF'.charCodeAt(digit)] = digit
}

/** Writes a UUID's 16 bytes. Throws on anything that is not one: that is a mistake in Weir, not in a request. */
const writeUuid = (buffer: Buffer, at: number, uuid: string): void => {
  let from = 0
  let bad = uuid.length === 36 ? 0 : -1
  for (let i = at; i < at + 16; i++) {
    if (uuid.charCodeAt(from) === 45) from++
    const high = HEX[uuid.charCodeAt(from)] ?? -1
    const low = HEX[uuid.charCodeAt(from + 1)] ?? -1
    bad |= high | low
    buffer[i] = (high << 4) | low
    from += 2
  }
  if (bad < 0 || from !== 36) throw new TypeError(`A call id must be a UUID, the journal got ${JSON.stringify(uuid)}.`)
}

const toUuid = (buffer: Buffer, at: number): string => {
  const hex = buffer.toString('hex', at, at + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Everything but the number and the header's CRC, which are known when the entry's segment is (`sealHeader`). */
export const writeHeader = (
  buffer: Buffer,
  at: number,
  kind: number,
  flags: number,
  length: number,
  callId: string,
): void => {
  buffer.writeUInt32LE(MAGIC_WORD, at)
  buffer[at + 4] = kind
  buffer[at + 5] = flags
  buffer[at + 6] = 0
  buffer[at + 7] = 0
  buffer.writeUInt32LE(length, at + 8)
  writeUuid(buffer, at + 16, callId)
}

export const writeBodyCrc = (buffer: Buffer, at: number, crc: number): void => {
  buffer.writeUInt32LE(crc, at + 32)
}

export const sealHeader = (buffer: Buffer, at: number, number: number, salt: number): void => {
  buffer.writeUInt32LE(number, at + 12)
  buffer.writeUInt32LE(headerCrc(buffer, at, salt), at + 36)
}

/** A part that could not be kept, turned into its length alone. Its header must be sealed (again) afterwards. */
export const stripPart = (buffer: Buffer, at: number): void => {
  buffer[at + 5] = buffer[at + 5]! & ~FLAG_BYTES
  buffer.writeUInt32LE(PART_BYTES, at + 8)
  writeBodyCrc(buffer, at, crc32(buffer.subarray(at + HEADER_BYTES, at + HEADER_BYTES + PART_BYTES)))
}

export const writeUInt48 = (buffer: Buffer, at: number, value: number): void => {
  buffer.writeUInt32LE(value % 0x1_0000_0000, at)
  buffer.writeUInt16LE(Math.floor(value / 0x1_0000_0000) & 0xffff, at + 4)
}

const readUInt48 = (buffer: Buffer, at: number): number =>
  buffer.readUInt32LE(at) + buffer.readUInt16LE(at + 4) * 0x1_0000_0000

/** The header at this place, or null when what stands there is none of this segment's. Needs HEADER_BYTES from `at`. */
export const readHeader = (buffer: Buffer, at: number, salt: number): Header | null => {
  if (buffer.readUInt32LE(at) !== MAGIC_WORD) return null
  const kind = KINDS[buffer[at + 4]! - 1]
  if (!kind || buffer.readUInt32LE(at + 36) !== headerCrc(buffer, at, salt)) return null
  return {
    kind,
    flags: buffer[at + 5]!,
    length: buffer.readUInt32LE(at + 8),
    number: buffer.readUInt32LE(at + 12),
    bodyCrc: buffer.readUInt32LE(at + 32),
  }
}

/** The call's 16 bytes as text of one byte each: what entries of a call are found together by. Half the cost of a UUID's text. */
export const readCallKey = (buffer: Buffer, at: number): string => buffer.toString('latin1', at + 16, at + 32)
export const toCallId = (key: string): string => toUuid(Buffer.from(key, 'latin1'), 0)
export const toCallKey = (callId: string): string => Buffer.from(callId.replaceAll('-', ''), 'hex').toString('latin1')
export const readStartedAt = (buffer: Buffer, at: number): number => buffer.readDoubleLE(at + HEADER_BYTES)

/** An entry with what only the journal knows: where a part stands in its body, and how long the bodies were at the end. */
export interface Stored {
  entry: Entry
  /** Parts: bytes of this direction before this part. */
  bodyOffset: number
  /** Ends: bytes of the whole bodies as they passed. */
  requestBytes: number
  responseBytes: number
}

/**
 * The whole entry at `at`, or null when it is not intact. Part bytes are a view of `buffer`, not a copy.
 * Needs the entry whole in the buffer.
 */
export const readEntry = (buffer: Buffer, at: number, salt: number): Stored | null => {
  if (buffer.length < at + HEADER_BYTES) return null
  const header = readHeader(buffer, at, salt)
  const body = at + HEADER_BYTES
  if (!header || buffer.length < body + header.length) return null
  if (crc32(buffer.subarray(body, body + header.length)) !== header.bodyCrc) return null
  return readJudged(buffer, at, toUuid(buffer, at + 16))
}

/** The same for an entry that was found intact in these very bytes. */
export const readJudged = (buffer: Buffer, at: number, callId: string): Stored => {
  const body = at + HEADER_BYTES
  const end = body + buffer.readUInt32LE(at + 8)
  const meta = (skip: number) => JSON.parse(buffer.toString('utf8', body + skip, end))
  switch (buffer[at + 4]) {
    case START:
      return {
        entry: { kind: 'start', callId, meta: meta(START_BYTES) },
        bodyOffset: 0,
        requestBytes: 0,
        responseBytes: 0,
      }
    case ATTEMPT:
      return { entry: { kind: 'attempt', callId, meta: meta(0) }, bodyOffset: 0, requestBytes: 0, responseBytes: 0 }
    case PART:
      return {
        entry: { kind: 'part', callId, part: readPart(buffer, body, end, buffer[at + 5]!) },
        bodyOffset: readUInt48(buffer, body + 6),
        requestBytes: 0,
        responseBytes: 0,
      }
    default:
      return {
        entry: { kind: 'end', callId, meta: meta(END_BYTES) },
        bodyOffset: 0,
        requestBytes: readUInt48(buffer, body),
        responseBytes: readUInt48(buffer, body + 6),
      }
  }
}

const readPart = (buffer: Buffer, body: number, end: number, flags: number): PartData => ({
  direction: flags & FLAG_RESPONSE ? 'response' : 'request',
  atMs: readUInt48(buffer, body) / 100,
  length: buffer.readUInt32LE(body + 12),
  bytes: flags & FLAG_BYTES ? buffer.subarray(body + PART_BYTES, end) : null,
})
