/** What the steps of a call need from the house: made once in `start.ts`, passed to each step, never imported. */
import type { Cache } from '../cache/cache.ts'
import type { Deadlines } from './deadlines.ts'
import type { Guard } from './guard.ts'
import type { LiveCall, Rules } from './live.ts'
import type { Direction, Journal } from '../journal/entry.ts'
import type { Known } from './models.ts'
import type { Ledger } from '../policy/limits/ledger.ts'
import type { Model, TokenPrice } from '../policy/limits/price-book.ts'
import type { Keys } from '../policy/keys.ts'
import type { Place, Routing } from '../policy/routing.ts'
import type { Judging } from '../policy/quality/judging.ts'
import type { Running } from './running.ts'
import type { Upstreams } from './upstreams.ts'

export interface Gateway {
  /** The rules in force now; a call keeps those that it started with. */
  rules(): Rules
  journal: Journal
  upstreams: Upstreams
  running: Running
  deadlines: Deadlines
  cache: Cache
  /** What routes have learned. */
  routing: Routing
  /** Reads answers for the quality rules of routes, in a thread of its own. */
  judging: Judging
  /** Who gave the answer with this id, as the database remembers it; null: it does not, or not in time. Never rejects. */
  recall(id: string): Promise<Place | null>
  /** The admin token opens what any Weir key does. About 2 µs. */
  isAdminToken(value: string): boolean
  /** Every Weir key that is known, in memory. */
  keys: Keys
  /** Runs that were seen to turn in circles. */
  guard: Guard
  /** What a token of this model costs; null: nobody knows. */
  priceOf(model: Model): Promise<TokenPrice | null>
  /** Limits and budgets. */
  ledger: Ledger
  /** Stable name of a credential that does not give it away. */
  nameCredential(credential: string): string
  /** Content of a call that may not touch the disk: to the recorder, through bounded memory. False: there was no room. */
  content(callId: string, direction: Direction, bytes: Buffer): boolean
  /** Request bytes held in memory over all calls. */
  buffered: { bytes: number }
  /** Origins that refused to be asked for usage; they are not asked again until the next start. */
  refusesUsage: Set<string>
  /** Model names that a provider is known to serve, for `GET /v1/models`: within 700 ms, and never an error. */
  knownModels(): Promise<readonly Known[]>
  /** Weir runs in a container, where loopback is not the host's. */
  inContainer: boolean
  draining(): boolean
}

/** Queues body bytes for the journal; the promise settles when the client may see them. */
export function record(
  call: LiveCall,
  gateway: Gateway,
  direction: Direction,
  bytes: Buffer,
  atMs: number,
): Promise<boolean> {
  if (call.capture !== 'full') handOver(call, gateway, direction, bytes)
  const parts = call[direction].add(bytes, direction, atMs)
  const last = parts.pop()!
  for (const part of parts) void gateway.journal.part(call.id, part)
  return gateway.journal.part(call.id, last)
}

/** The recorder reads a body as far as it has it without a gap: beyond the capture limit, or after a piece was lost, nothing counts. */
function handOver(call: LiveCall, gateway: Gateway, direction: Direction, bytes: Buffer): void {
  const body = call[direction]
  const room = call.rules.config.capture.maxBytes - body.bytes
  if (room <= 0 || body.lost) return
  body.lost = !gateway.content(call.id, direction, bytes.length > room ? bytes.subarray(0, room) : bytes)
}
