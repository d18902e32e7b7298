/**
 * An answer while it comes from the provider: kept for the cache, and shared with identical calls that came meanwhile
 * (single-flight). They read the same pieces, each at its own pace, and may outlive the client of the call that asked.
 */
import { performance } from 'node:perf_hooks'

/** The call that went upstream: what a flight must know of it. */
export interface Leader {
  readonly id: string
  readonly t0: number
  readonly outgoing: { emit(event: 'drain'): boolean }
  clientGone: boolean
  abort: ((why: 'client_gone') => void) | null
}

/** A follower's place. */
export interface Cursor {
  /** The next piece, counted from the answer's first. */
  at: number
  /** It was so slow that pieces had to go before it had read them. */
  lost: boolean
}

export interface Flight {
  readonly key: string
  /** For the table of flights. */
  readonly callId: string
  readonly leader: Leader
  readonly limits: FlightLimits
  /** `asking` until a 2xx has begun; `failed` for all that followers and cache cannot use. */
  state: 'asking' | 'answering' | 'whole' | 'failed'
  /** Why it failed after it had begun answering. */
  failure: string | null
  status: number
  headers: string[]
  /** Pieces from number `base` on, and when each came. */
  pieces: Buffer[]
  times: number[]
  base: number
  /** Bytes of the whole answer so far, and of `pieces`. */
  bytes: number
  heldBytes: number
  /** All pieces are here, and are few enough to be kept. */
  storable: boolean
  cursors: Cursor[]
  waiting: (() => void)[]
}

export interface FlightLimits {
  maxEntryBytes: number
  /** Over all flights; `held` is what they hold. */
  maxBytes: number
  held: { bytes: number }
}

/** What a follower may be behind, once an answer is too long to be kept whole. */
const MOST_BEHIND = 64 * 1024 * 1024

export const createFlight = (key: string, leader: Leader, limits: FlightLimits): Flight => ({
  key,
  callId: leader.id,
  leader,
  limits,
  state: 'asking',
  failure: null,
  status: 0,
  headers: [],
  pieces: [],
  times: [],
  base: 0,
  bytes: 0,
  heldBytes: 0,
  storable: true,
  cursors: [],
  waiting: [],
})

/** The answer's headers are on their way to the leader's client. */
export function addHead(flight: Flight, status: number, headers: string[]): void {
  if (flight.state !== 'asking') return
  flight.status = status
  flight.headers = headers
  flight.state = status >= 200 && status < 300 ? 'answering' : 'failed'
  wake(flight)
}

/** In order, as the leader's client gets them; they must not change any more. */
export function addPiece(flight: Flight, bytes: Buffer): void {
  if (flight.state !== 'answering' || bytes.length === 0) return
  const { limits } = flight
  flight.bytes += bytes.length
  if (flight.bytes > limits.maxEntryBytes || limits.held.bytes > limits.maxBytes) flight.storable = false
  if (!flight.storable && flight.cursors.length === 0) return release(flight)
  flight.pieces.push(bytes)
  flight.times.push(performance.now() - flight.leader.t0)
  flight.heldBytes += bytes.length
  limits.held.bytes += bytes.length
  if (!flight.storable) trim(flight)
  wake(flight)
}

/** The answer is over; `failure`: it broke off, and why. */
export function endFlight(flight: Flight, failure: string | null): void {
  if (flight.state === 'asking' || flight.state === 'failed') flight.state = 'failed'
  else flight.state = failure === null ? 'whole' : 'failed'
  flight.failure = failure
  flight.limits.held.bytes -= flight.heldBytes
  flight.heldBytes = 0
  wake(flight)
}

export function joinFlight(flight: Flight): Cursor {
  const cursor = { at: 0, lost: false }
  flight.cursors.push(cursor)
  // The answer may be waiting for the leader's client; from now on it does not.
  flight.leader.outgoing.emit('drain')
  return cursor
}

/** The upstream lives as long as somebody waits for it. */
export function leaveFlight(flight: Flight, cursor: Cursor): void {
  flight.cursors = flight.cursors.filter((each) => each !== cursor)
  if (flight.cursors.length === 0 && flight.leader.clientGone) flight.leader.abort?.('client_gone')
}

/** Others read this call's answer, so it goes on without its own client. */
export const isAwaited = (call: { cache: { flight: Flight | null } | null }): boolean =>
  call.cache?.flight != null && call.cache.flight.cursors.length > 0

/** All that has come since `cursor`, in one; null: nothing yet. */
export function readOn(flight: Flight, cursor: Cursor): Buffer | null {
  const from = cursor.at - flight.base
  const count = flight.pieces.length - from
  if (count <= 0) return null
  cursor.at += count
  return count === 1 ? flight.pieces[from]! : Buffer.concat(flight.pieces.slice(from))
}

/** Settles at the next change. */
export const changed = (flight: Flight): Promise<void> => new Promise((resolve) => flight.waiting.push(resolve))

export function wake(flight: Flight): void {
  const woken = flight.waiting
  flight.waiting = []
  for (const resolve of woken) resolve()
}

/** Nobody needs what has come so far. */
function release(flight: Flight): void {
  flight.limits.held.bytes -= flight.heldBytes
  flight.base += flight.pieces.length
  flight.pieces = []
  flight.times = []
  flight.heldBytes = 0
}

/** Too long to be kept: pieces go when every follower has read them, and before that when one is far behind. */
function trim(flight: Flight): void {
  for (;;) {
    const needed = Math.min(...flight.cursors.filter(({ lost }) => !lost).map(({ at }) => at))
    while (flight.base < needed && flight.pieces.length > 0) {
      const { length } = flight.pieces.shift()!
      flight.times.shift()
      flight.base++
      flight.heldBytes -= length
      flight.limits.held.bytes -= length
    }
    if (flight.heldBytes <= MOST_BEHIND) return
    for (const cursor of flight.cursors) if (cursor.at === needed) cursor.lost = true
  }
}
