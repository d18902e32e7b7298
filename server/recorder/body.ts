/** One direction's body, as far as it is here: from the journal's parts, or from memory where content may not touch the disk. */
import type { PartData } from '../journal/entry.ts'

export interface Piece {
  bytes: Uint8Array
  /** Milliseconds since the call started. */
  atMs: number
}

export interface Body {
  /** The beginning of the body without gaps. */
  pieces: Piece[]
  /** Bytes in `pieces`. */
  captured: number
  /** Bytes that went by. */
  total: number
}

/** Stops at the first part that kept only its length: what comes after a gap cannot be read. */
export const bodyFromParts = (parts: readonly PartData[]): Body => {
  const pieces: Piece[] = []
  let captured = 0
  let total = 0
  for (const { bytes, atMs, length } of parts) {
    if (bytes && captured === total) {
      pieces.push({ bytes, atMs })
      captured += bytes.length
    }
    total += length
  }
  return { pieces, captured, total }
}

/** Chunks that came by message carry no times: each takes the time of the part that brought its last byte. */
export const bodyFromMemory = (parts: readonly PartData[], chunks: readonly Uint8Array[]): Body => {
  const pieces: Piece[] = []
  let captured = 0
  let part = 0
  let arrived = parts[0]?.length ?? 0
  for (const bytes of chunks) {
    captured += bytes.length
    while (arrived < captured && part + 1 < parts.length) arrived += parts[++part]?.length ?? 0
    pieces.push({ bytes, atMs: parts[part]?.atMs ?? 0 })
  }
  return { pieces, captured, total: Math.max(captured, lengthOf(parts)) }
}

export const lengthOf = (parts: readonly PartData[]): number => parts.reduce((sum, { length }) => sum + length, 0)

/** The bytes of the first `count` pieces in one; without a copy when it is one piece. */
export const bytesOf = ({ pieces }: Body, count = pieces.length): Uint8Array => {
  if (count === 1) return pieces[0]?.bytes ?? new Uint8Array(0)
  return Buffer.concat(pieces.slice(0, count).map(({ bytes }) => bytes))
}
