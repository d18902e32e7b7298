/**
 * Cuts a WebSocket's bytes at the ends of its frames, by their heads alone: what is in them stays as it is. RFC 6455 §5.2
 * Control frames may stand between the frames of a message, and belong to none.
 */
export interface Cut {
  bytes: Buffer
  isControl: boolean
  /** These bytes are the last of a message, or of a control frame. */
  ends: 'message' | 'control' | null
  /** After these bytes a frame of another message may stand. */
  between: boolean
  /** The message is compressed (RSV1 of its first frame, RFC 7692 §6). */
  compressed: boolean
}

export interface FrameCutter {
  push(bytes: Buffer): Cut[]
  /** Nothing is open: a frame of another message may stand here. */
  between(): boolean
}

export function createFrameCutter(): FrameCutter {
  let head: number[] = []
  /** Bytes of the payload that are still to come; null: the head is not whole. */
  let left: number | null = null
  let open = false
  let compressed = false

  const isControl = () => (head[0]! & 0x08) !== 0
  const readHead = (byte: number) => {
    head.push(byte)
    if (head.length < 2 || head.length < headLength(head[1]!)) return
    left = payloadLength(head)
    if (isControl()) return
    if ((head[0]! & 0x0f) !== 0) compressed = (head[0]! & 0x40) !== 0
    open = true
  }
  const toCut = (bytes: Buffer): Cut => {
    const control = isControl()
    const done = left === 0
    const last = done && (control || (head[0]! & 0x80) !== 0)
    if (last && !control) open = false
    if (done) {
      head = []
      left = null
    }
    return {
      bytes,
      isControl: control,
      ends: last ? (control ? 'control' : 'message') : null,
      between: done && !open,
      compressed,
    }
  }

  return {
    between: () => head.length === 0 && !open,
    push(bytes) {
      const cuts: Cut[] = []
      let from = 0
      for (let at = 0; at < bytes.length;) {
        if (left === null) readHead(bytes[at++]!)
        else {
          const step = Math.min(left, bytes.length - at)
          at += step
          left -= step
        }
        if (left === 0 || at === bytes.length) {
          cuts.push(toCut(bytes.subarray(from, at)))
          from = at
        }
      }
      return cuts
    },
  }
}

const isMasked = (second: number) => (second & 0x80) !== 0

const headLength = (second: number): number => {
  const length = second & 0x7f
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (isMasked(second) ? 4 : 0)
}

function payloadLength(head: readonly number[]): number {
  const length = head[1]! & 0x7f
  const bytes = length === 126 ? head.slice(2, 4) : length === 127 ? head.slice(2, 10) : [length]
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}
