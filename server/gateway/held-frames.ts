/**
 * A client's messages on a socket where one may be refused: each is held until it was read and decided about, and what is refused goes
 * no further. Everything else passes as the bytes that it came in, but for one case: a compressed message that was taken out leaves
 * the provider's inflater behind the client's (RFC 7692 §7.2: the window spans messages), so compressed messages after it go on
 * uncompressed, as every message may (§6).
 */
import { extension } from 'ws'
import { createFrameCutter, type Cut } from './frame-cuts.ts'
import { BINARY, maskedFrame, TEXT } from './frame.ts'

/** What the reader made of the frame that ended a message. */
export interface Judged {
  refused: boolean
  bytes: Buffer
  isBinary: boolean
}

export interface HeldFramesOptions {
  /** `sec-websocket-extensions` of the 101 answer. */
  extensions: string | null
  /** Reads this piece; settles when it is decided about and journaled. null: it did not end a message, or could not be read. */
  read(bytes: Buffer): Promise<Judged | null>
  /** The reader has given up. */
  unreadable(): boolean
  /** Messages are framed anew from now on. */
  onReframed(): void
  /** A message could not be read that must be framed anew. */
  onLost(): void
}

/** A longer message flows on; if it is refused, the socket ends. */
const HELD_BYTES = 16 * 1024 * 1024

export interface HeldFrames {
  /** What may go on now. */
  take(bytes: Buffer): Promise<Buffer>
  /** A part of the message under way has gone on already. */
  hasLeaked(): boolean
}

export function createHeldFrames({ extensions, read, unreadable, onReframed, onLost }: HeldFramesOptions): HeldFrames {
  const cutter = createFrameCutter()
  let held: Buffer[] = []
  let size = 0
  let leaked = false
  let behind = false

  const decide = (cut: Cut, judged: Judged | null): Buffer[] => {
    const whole = held
    held = []
    size = 0
    leaked = false
    if (judged?.refused) {
      if (cut.compressed && !startsAnew(extensions) && !behind) {
        behind = true
        onReframed()
      }
      return []
    }
    if (!behind || !cut.compressed) return whole
    if (judged) return [maskedFrame(judged.isBinary ? BINARY : TEXT, judged.bytes)]
    onLost()
    return []
  }

  return {
    hasLeaked: () => leaked,
    async take(bytes) {
      const out: Buffer[] = []
      for (const cut of cutter.push(bytes)) {
        if (!cut.isControl) size += held.push(cut.bytes) && cut.bytes.length
        if (size > HELD_BYTES) {
          leaked = true
          const rest = held.splice(0)
          // What is framed anew must be whole first.
          if (behind) onLost()
          else out.push(...rest)
        }
        const judged = await read(cut.bytes)
        if (cut.isControl) out.push(cut.bytes)
        else if (cut.ends === 'message') out.push(...decide(cut, judged))
        else if (unreadable() && !behind) out.push(...held.splice(0))
      }
      return out.length === 1 ? out[0]! : Buffer.concat(out)
    },
  }
}

/** Each message of the client's is compressed by itself: then none is missed. */
function startsAnew(extensions: string | null): boolean {
  const agreed = extensions === null ? undefined : extension.parse(extensions)['permessage-deflate']
  return agreed?.[0]?.['client_no_context_takeover'] !== undefined
}
