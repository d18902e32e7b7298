/** An answer that may be given again, and how it stands in a file. */
import { crc32 } from 'node:zlib'

/** What the original call took, so that a hit can say what it saved. */
export interface Saved {
  /** What was billed; null: unknown. */
  nano: number | null
  tokens: number | null
  ms: number | null
}

/** See semantic-stored.ts. */
export interface StoredAlike {
  bucket: string
  text: string | null
  /** Base64 of 32-bit floats. */
  vector: string | null
}

export interface Entry {
  key: string
  /** The call that was answered by the provider. */
  callId: string
  /** Epoch milliseconds. */
  storedAt: number
  expiresAt: number
  status: number
  /** Content headers only: name, value. */
  headers: string[]
  /** For each piece of a stream: milliseconds since the first, bytes. Empty where it came in one. */
  pace: number[]
  saved: Saved
  /** What was asked, for questions that are alike; absent: there are none. */
  alike?: StoredAlike
  /** As the client saw it, still compressed if it came compressed. */
  body: Buffer
}

/** What an entry takes in memory beside its body. */
const OVERHEAD = 1024
export const bytesOf = (entry: Entry): number =>
  entry.body.length + entry.pace.length * 8 + (entry.alike?.vector?.length ?? 0) + OVERHEAD

/**
 * The file: 40 bytes that the index is made from, then the rest as JSON, then the body.
 * magic (8) · storedAt f64 · expiresAt f64 · length of the JSON u32 · length of the body u32 · CRC-32 of both u32 ·
 * u32 1 where `alike` is in the JSON, else 0
 */
export const FRONT_BYTES = 40
const MAGIC = Buffer.from('WEIRCA01', 'latin1')

export interface Front {
  storedAt: number
  expiresAt: number
  headLength: number
  bodyLength: number
  crc: number
  hasAlike: boolean
}

export function toFile({ body, storedAt, expiresAt, ...about }: Entry): Buffer[] {
  const head = Buffer.from(JSON.stringify(about))
  const front = Buffer.alloc(FRONT_BYTES)
  MAGIC.copy(front)
  front.writeDoubleLE(storedAt, 8)
  front.writeDoubleLE(expiresAt, 16)
  front.writeUInt32LE(head.length, 24)
  front.writeUInt32LE(body.length, 28)
  front.writeUInt32LE(crc32(body, crc32(head)), 32)
  front.writeUInt32LE(about.alike ? 1 : 0, 36)
  return [front, head, body]
}

/** null: no file of ours, or not whole. */
export function readFront(bytes: Buffer, fileBytes: number): Front | null {
  if (bytes.length < FRONT_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return null
  const front = {
    storedAt: bytes.readDoubleLE(8),
    expiresAt: bytes.readDoubleLE(16),
    headLength: bytes.readUInt32LE(24),
    bodyLength: bytes.readUInt32LE(28),
    crc: bytes.readUInt32LE(32),
    hasAlike: bytes.readUInt32LE(36) === 1,
  }
  return fileBytes === FRONT_BYTES + front.headLength + front.bodyLength ? front : null
}

/** null: damaged, or another key's. */
export function fromFile(key: string, bytes: Buffer): Entry | null {
  const front = readFront(bytes, bytes.length)
  if (!front) return null
  const rest = bytes.subarray(FRONT_BYTES)
  if (crc32(rest) !== front.crc) return null
  const about = JSON.parse(rest.toString('utf8', 0, front.headLength)) as Omit<Entry, 'body' | 'storedAt' | 'expiresAt'>
  if (about.key !== key) return null
  return { ...about, storedAt: front.storedAt, expiresAt: front.expiresAt, body: rest.subarray(front.headLength) }
}
