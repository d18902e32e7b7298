/**
 * Reads chosen values at the top level of a JSON object without building a tree: one linear walk over the bytes, nested
 * values are skipped, the offsets serve splicing where a byte must change. It runs on the data path, where JSON.parse of a
 * long history (2 ms a megabyte) would stop every stream; strings are skipped by native search, so long prompts cost little.
 */

/** Where a value stands: `bytes.subarray(start, end)` is the value as written, quotes and all. */
export interface Scanned {
  start: number
  end: number
  type: 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array'
}

export interface TopLevel {
  /** The last occurrence counts, as for JSON.parse. */
  values: Map<string, Scanned>
  /** Offset of the closing brace, where a member could be added; -1 when the text is not one whole object. */
  closingBrace: number
  /** The object has no members at all. */
  empty: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c
const COLON = 0x3a

/** Walks `bytes`; answers null when they are not a JSON object as far as this walk can tell (it does not validate values). */
export function scanTopLevel(bytes: Buffer, wanted: ReadonlySet<string>): TopLevel | null {
  const values = new Map<string, Scanned>()
  let at = skipSpace(bytes, startsWithBom(bytes) ? 3 : 0)
  if (bytes[at] !== OPEN_BRACE) return null
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === CLOSE_BRACE) return { values, closingBrace: at, empty: true }

  while (at < bytes.length) {
    if (bytes[at] !== QUOTE) return null
    const keyEnd = endOfString(bytes, at)
    if (keyEnd < 0) return null
    const key = readKey(bytes, at, keyEnd)
    at = skipSpace(bytes, keyEnd)
    if (bytes[at] !== COLON) return null
    const start = skipSpace(bytes, at + 1)
    const end = endOfValue(bytes, start)
    if (end < 0) return null
    if (wanted.has(key)) values.set(key, { start, end, type: typeOf(bytes[start]!) })
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_BRACE) return { values, closingBrace: at, empty: false }
    if (bytes[at] !== COMMA) return null
    at = skipSpace(bytes, at + 1)
  }
  return null
}

/** The value at a scanned place, parsed; null when it is absent or no valid JSON. Meant for small values. */
export function valueAt(bytes: Buffer, place: Scanned | undefined): unknown {
  if (!place) return null
  try {
    return JSON.parse(bytes.toString('utf8', place.start, place.end))
  } catch {
    return null
  }
}

export const stringAt = (bytes: Buffer, place: Scanned | undefined): string | null =>
  place?.type === 'string' ? (valueAt(bytes, place) as string | null) : null

/** A copy of `bytes` with `[start, end)` replaced. Everything around it stays as it was written. */
export const splice = (bytes: Buffer, start: number, end: number, replacement: string): Buffer =>
  Buffer.concat([bytes.subarray(0, start), Buffer.from(replacement), bytes.subarray(end)])

const startsWithBom = (bytes: Buffer) => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

/** Keys are short; only one with an escape in it needs the real parser. */
function readKey(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('latin1', start + 1, end - 1)
  if (!raw.includes('\\')) return raw
  return String(valueAt(bytes, { start, end, type: 'string' }))
}

export function skipSpace(bytes: Buffer, at: number): number {
  for (; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
  }
  return at
}

/** `at` is the opening quote; answers the offset after the closing one, -1 when there is none. */
function endOfString(bytes: Buffer, at: number): number {
  let quote = bytes.indexOf(QUOTE, at + 1)
  while (quote > 0) {
    let slashes = 0
    while (bytes[quote - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote + 1
    quote = bytes.indexOf(QUOTE, quote + 1)
  }
  return -1
}

/** Offset after the value that begins at `at`; -1: it has no end. */
export function endOfValue(bytes: Buffer, at: number): number {
  const first = bytes[at]
  if (first === undefined) return -1
  if (first === QUOTE) return endOfString(bytes, at)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfContainer(bytes, at)
  while (at < bytes.length && !isDelimiter(bytes[at]!)) at++
  return at
}

/** Counts braces and brackets alike: mismatched ones are the provider's to complain about. */
function endOfContainer(bytes: Buffer, at: number): number {
  let depth = 0
  while (at < bytes.length) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      at = endOfString(bytes, at)
      if (at < 0) return -1
      continue
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at + 1
    at++
  }
  return -1
}

const isDelimiter = (byte: number) =>
  byte === COMMA ||
  byte === CLOSE_BRACE ||
  byte === CLOSE_BRACKET ||
  byte === 0x20 ||
  byte === 0x0a ||
  byte === 0x0d ||
  byte === 0x09

function typeOf(byte: number): Scanned['type'] {
  if (byte === QUOTE) return 'string'
  if (byte === OPEN_BRACE) return 'object'
  if (byte === OPEN_BRACKET) return 'array'
  if (byte === 0x74 || byte === 0x66) return 'boolean'
  return byte === 0x6e ? 'null' : 'number'
}
