/** Bytes of a WebSocket on their way from one end to the other. */
import type { Duplex } from 'node:stream'
import { createFrameCutter } from './frame-cuts.ts'

/** Bytes of one direction that may wait for the journal. */
const WAITING_LIMIT = 1024 * 1024

/** All of it goes on when it is read. */
export const asRead = (read: (bytes: Buffer) => Promise<unknown>) => async (bytes: Buffer) => {
  await read(bytes)
  return bytes
}

/** Puts frames of Weir's own between the provider's messages. */
export function createWeave(): { pass(bytes: Buffer): Buffer; add(frame: Buffer): Buffer | null } {
  const cutter = createFrameCutter()
  const waiting: Buffer[] = []
  return {
    pass(bytes) {
      const cuts = cutter.push(bytes)
      if (waiting.length === 0) return bytes
      return Buffer.concat(cuts.flatMap((cut) => (cut.between ? [cut.bytes, ...waiting.splice(0)] : [cut.bytes])))
    },
    add(frame) {
      if (cutter.between()) return frame
      waiting.push(frame)
      return null
    },
  }
}

/** One direction: read on a copy, then on to the other end, in order and under back-pressure. `take`: what may go on of it. */
export function pass(
  from: Duplex,
  to: Duplex,
  take: (bytes: Buffer) => Promise<Buffer>,
  weave: ((bytes: Buffer) => Buffer) | null = null,
): { done(): Promise<void>; stop(): void } {
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  let full = false
  let stopped = false
  const balance = () => {
    if (full || waiting > WAITING_LIMIT) from.pause()
    else if (from.isPaused()) from.resume()
  }
  const send = (came: number, taken: Buffer) => {
    waiting -= came
    const bytes = weave ? weave(taken) : taken
    if (bytes.length > 0 && to.writable && !to.write(bytes) && !full) {
      full = true
      to.once('drain', () => {
        full = false
        balance()
      })
    }
    balance()
  }
  const onData = (bytes: Buffer) => {
    waiting += bytes.length
    balance()
    const goOn = async () => {
      if (stopped) return
      const taken = await take(bytes)
      if (!stopped) send(bytes.length, taken)
    }
    last = last.then(goOn)
  }
  from.on('data', onData)
  const stop = () => {
    // What came later than the end is in no journal, so nobody gets it.
    stopped = true
    from.removeListener('data', onData)
  }
  return { done: () => last, stop }
}
