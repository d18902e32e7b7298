/**
 * Bodies of calls whose content may not touch the disk (capture `metadata` or `off`): the main thread sends them by message and
 * they live here until their call is recorded. Bounded: above the limit the oldest are let go, and such a call is recorded
 * without usage, saying why.
 */
import type { Direction } from '../journal/entry.ts'

/** 128 MiB: sixteen calls with both bodies at the usual capture limit, or 30,000 calls of 4 kB, waiting at once. */
const LIMIT = 128 * 1024 * 1024

export interface HeldBodies {
  request: Uint8Array[]
  response: Uint8Array[]
}

export interface Bodies {
  add(callId: string, direction: Direction, bytes: Uint8Array): void
  /** null when nothing came, or when it had to be let go. The bodies stay until `forget`. */
  of(callId: string): HeldBodies | null
  forget(callId: string): void
  /** Another capture limit, for what comes from now on. */
  limitTo(perDirection: number): void
  readonly heldBytes: number
}

export const createBodies = ({ perDirection, limit = LIMIT }: { perDirection: number; limit?: number }): Bodies => {
  let most = perDirection
  const held = new Map<string, HeldBodies & { bytes: number; requestBytes: number; responseBytes: number }>()
  let heldBytes = 0

  const forget = (callId: string) => {
    heldBytes -= held.get(callId)?.bytes ?? 0
    held.delete(callId)
  }

  return {
    add: (callId, direction, bytes) => {
      const entry = held.get(callId) ?? { request: [], response: [], bytes: 0, requestBytes: 0, responseBytes: 0 }
      held.set(callId, entry)
      const room = most - entry[`${direction}Bytes`]
      const kept = bytes.length > room ? bytes.subarray(0, Math.max(0, room)) : bytes
      if (kept.length === 0) return
      entry[direction].push(kept)
      entry[`${direction}Bytes`] += kept.length
      entry.bytes += kept.length
      heldBytes += kept.length
      // A Map iterates in the order of insertion: the oldest call goes first.
      for (const oldest of held.keys()) {
        if (heldBytes <= limit || oldest === callId) break
        forget(oldest)
      }
    },
    of: (callId) => held.get(callId) ?? null,
    forget,
    limitTo: (next) => void (most = next),
    get heldBytes() {
      return heldBytes
    },
  }
}
