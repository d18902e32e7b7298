/**
 * When each piece of an answer arrived, packed for storage: a stream of 500 pieces needs about 1.5 kB.
 * Format, version 1: the version byte, then for each piece two varints (LEB128): the time since the piece before it in units
 * of 10 µs (the first: since the call started), and its length in bytes.
 */
export interface Arrival {
  /** Milliseconds since the call started. */
  atMs: number
  bytes: number
}

const VERSION = 1
const UNITS_PER_MS = 100

/** Times that run backwards (they should not) are stored as equal to the one before. */
export const packTiming = (arrivals: readonly { atMs: number; length: number }[]): Uint8Array => {
  const out = Buffer.allocUnsafe(1 + arrivals.length * 20)
  out[0] = VERSION
  let at = 1
  let before = 0
  for (const { atMs, length } of arrivals) {
    const units = Math.max(before, Math.round(atMs * UNITS_PER_MS))
    at = writeVarint(out, at, units - before)
    at = writeVarint(out, at, length)
    before = units
  }
  return Uint8Array.prototype.slice.call(out, 0, at)
}

/** Inverse of `packTiming`. A torn tail is left out; an unknown version gives an empty list. */
export const unpackTiming = (packed: Uint8Array): Arrival[] => {
  const arrivals: Arrival[] = []
  if (packed[0] !== VERSION) return arrivals
  const cursor = { at: 1 }
  let units = 0
  while (cursor.at < packed.length) {
    const delta = readVarint(packed, cursor)
    const bytes = readVarint(packed, cursor)
    if (delta === null || bytes === null) break
    units += delta
    arrivals.push({ atMs: units / UNITS_PER_MS, bytes })
  }
  return arrivals
}

/** Arithmetic instead of shifts: a length or a time may exceed 2^31. */
function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value
  while (rest > 0x7f) {
    out[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  out[at++] = rest
  return at
}

function readVarint(from: Uint8Array, cursor: { at: number }): number | null {
  let value = 0
  let unit = 1
  while (cursor.at < from.length) {
    const byte = from[cursor.at++] as number
    value += (byte & 0x7f) * unit
    if (byte < 0x80) return value
    unit *= 0x80
  }
  return null
}
