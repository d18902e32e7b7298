/**
 * Splits bytes into top-level JSON values, wherever they were cut: JSON lines, concatenated values, WebSocket frames, and the
 * elements of one top-level array (Gemini without `alt=sse`). One pass over the bytes; structure characters are ASCII, so split
 * UTF-8 does not matter here.
 */
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const NEWLINE = 0x0a

export interface ValueSplitter {
  push(bytes: Uint8Array): void
  /** The array's closing bracket was seen (only with `elements`). */
  closed(): boolean
  /** Hands over an unfinished last value as it is. */
  end(): void
}

/** `elements`: the values are the elements of one array. Bytes between values (commas, newlines, stray words) are skipped. */
export function createValueSplitter(onValue: (json: string) => void, options: { elements: boolean }): ValueSplitter {
  let pieces: Uint8Array[] = []
  let depth = 0
  let inString = false
  let escaped = false
  let opened = !options.elements
  let closed = false

  const hand = (last: Uint8Array) => {
    pieces.push(last)
    onValue(Buffer.concat(pieces).toString('utf8'))
    pieces = []
    depth = 0
    inString = false
    escaped = false
  }

  const push = (bytes: Uint8Array) => {
    let start = 0
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (inString) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) inString = false
        else if (byte === NEWLINE) {
          // A raw line end inside a string is no JSON: a line was cut off. Give it up, so that the next line is read.
          hand(bytes.subarray(start, i))
        }
      } else if (depth === 0) {
        if (byte === OPEN_BRACKET && !opened) opened = true
        else if (byte === CLOSE_BRACKET && options.elements) closed = true
        else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          depth = 1
          start = i
        }
      } else if (byte === QUOTE) inString = true
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (--depth === 0) hand(bytes.subarray(start, i + 1))
      }
    }
    if (depth > 0) pieces.push(bytes.slice(start))
  }

  return {
    push,
    closed: () => closed,
    end() {
      if (pieces.length > 0) hand(new Uint8Array(0))
    },
  }
}
