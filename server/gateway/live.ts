/** A call while it runs: what the steps of `handle.ts` know, hand on and fill in. It lives on the main thread only. */
import { performance } from 'node:perf_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Billing, Capture, Change, Outcome } from '../call.ts'
import type { CacheUse } from '../cache/use.ts'
import type { Config } from '../config/config.ts'
import type { Dialect, Operation } from '../dialects/dialect.ts'
import type { WeirError } from '../errors.ts'
import type { AttemptMeta } from '../journal/entry.ts'
import type { Reservation } from '../policy/limits/ledger.ts'
import type { KeyInForce } from '../policy/key.ts'
import type { Provider } from '../providers/provider.ts'
import type { Routes } from '../policy/targets.ts'
import type { Providers } from '../providers/registry.ts'
import type { Address } from './address.ts'
import { createCallId } from './call-id.ts'
import { BodyRecord } from './body-record.ts'
import type { LiveRoute } from './live-route.ts'

/** The settings that a call started with; a reload makes new ones and leaves these alone. */
export interface Rules {
  config: Config
  providers: Providers
  /** null: no route is configured. */
  routes: Routes | null
  /** Addresses whose forwarding headers count (`trustedProxies`). */
  isTrustedProxy(address: string): boolean
}

/** The request body: whole in memory, or flowing (then there is one attempt only). */
export type RequestBody =
  | { kind: 'none' }
  | { kind: 'whole'; bytes: Buffer }
  /** `head` was read already; the rest comes from `incoming`. */
  | { kind: 'stream'; head: Buffer[] }

/** Where one attempt goes. */
export interface Target {
  provider: Provider
  /** `provider`, or `provider/model` where an address or route names the model. */
  name: string
  origin: string
  /** `host[:port]` of the origin. */
  host: string
  /** Path and query, as they go on the wire. */
  path: string
}

/** Who called, and for what: from key, headers and base URL. */
export interface Caller {
  key: string | null
  team: string | null
  user: string | null
  tags: Record<string, string>
  session: { id: string; source: string } | null
  parent: string | null
  credential: string | null
  /** The client showed a valid Weir key, so Weir's own provider credential may be used. */
  trusted: boolean
  /** Places that held a Weir key, which must not go upstream: lower-case headers, … */
  keyHeaders: string[]
  /** … and query parameters. */
  keyParameters: string[]
}

/** The answer's fate so far. */
export interface Answered {
  outcome: Exclude<Outcome, 'running' | 'interrupted'>
  status: number | null
  errorCode: string | null
  errorMessage: string | null
}

export type Abort = (why: WeirError | 'client_gone') => void

export interface LiveCall {
  readonly id: string
  readonly startedAt: number
  /** performance.now() at the start: all durations count from here. */
  readonly t0: number
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly rules: Rules
  /** The raw request target. */
  readonly target: string
  /** HTTP's, or `WEBSOCKET` for a response that came over one. */
  method: string

  address: Address | null
  provider: Provider | null
  dialect: Dialect | null
  operation: Operation | null
  model: string | null
  stream: boolean | null
  /** Most tokens that the answer may have, where the request says so. */
  maxOutput: number | null
  upstream: Target | null
  /** The route that it takes; null: none, one target and one try. */
  route: LiveRoute | null
  /** Milliseconds that went to failed tries, and to waiting between them. */
  lostMs: number
  /** Request headers that must not go upstream beside the usual ones, lower case. */
  dropHeaders: string[]
  /** Request headers that Weir sets. */
  setHeaders: [name: string, value: string][]
  /** Usage was asked for: the body as it was before. */
  injected: { plain: Buffer } | null
  caller: Caller
  /** The Weir key that was shown; null: none, or the admin token. */
  weirKey: KeyInForce | null
  billing: Billing | null
  capture: Capture
  body: RequestBody
  /** The body as it came, where `body` is not that any more. */
  received: Buffer | null
  request: BodyRecord
  response: BodyRecord
  attempts: AttemptMeta[]
  changes: Change[]
  hint: string | null
  trailers: string[] | null
  /** Why the journal does not hold all that went by, else null. */
  incomplete: string | null
  /** performance.now() when the last byte of a whole body was in. */
  bodyAt: number
  overheadMs: number
  /** Bytes of the request that are held in memory, counted in `gateway.buffered` until the call ends. */
  held: number
  /** `start` is in the journal. */
  journaled: boolean
  answered: Answered | null
  /** What the response ends with: prepared by `refuse` or by a broken relay, carried out by `finish`. */
  ending: Ending
  /** The last byte sent to the client ended an event: an event of Weir's own may follow. */
  betweenEvents: boolean
  /** Settles when every piece of the answer has been handed to the client's connection; null: none is on its way. */
  delivered: Promise<void> | null
  /** Sends what the usage filter still holds back. */
  remainder: (() => void) | null
  clientGone: boolean
  /** What the cache has to do with it; null: nothing. */
  cache: CacheUse | null
  /** The loop that its run is in, as `x-weir-loop` says it; null: none that is acted on. */
  loop: string | null
  /** What it holds of limits and budgets; null: none concerns it. */
  reservation: Reservation | null
  /** In `running`. */
  place: number
  /**
   * Ends what is under way; set while something is. Always by way of a name (`const giveUp = …; call.abort = giveUp`): V8 makes a
   * function that is written straight into a property in its old generation, where it keeps all that it sees alive until the next
   * full collection (measured: 30 % of all memory survived each scavenge, 20 ms pauses; by way of a name 0.3 %, under 1 ms).
   */
  abort: Abort | null
}

/** `whole`: a complete answer of Weir's own · `tail`: last bytes of a stream · `end` · `destroy` the connection. */
export type Ending =
  | { kind: 'end' }
  | { kind: 'whole'; status: number; headers: string[]; body: Buffer }
  | { kind: 'tail'; body: Buffer }
  | { kind: 'destroy' }

const NOBODY: Caller = {
  key: null,
  team: null,
  user: null,
  tags: {},
  session: null,
  parent: null,
  credential: null,
  trusted: false,
  keyHeaders: [],
  keyParameters: [],
}

export function openCall(incoming: IncomingMessage, outgoing: ServerResponse, rules: Rules): LiveCall {
  const t0 = performance.now()
  return {
    id: createCallId(),
    startedAt: Date.now(),
    t0,
    incoming,
    outgoing,
    rules,
    target: incoming.url ?? '/',
    method: incoming.method ?? 'GET',
    address: null,
    provider: null,
    dialect: null,
    operation: null,
    model: null,
    stream: null,
    maxOutput: null,
    upstream: null,
    route: null,
    lostMs: 0,
    dropHeaders: [],
    setHeaders: [],
    injected: null,
    caller: NOBODY,
    weirKey: null,
    billing: null,
    capture: rules.config.capture.bodies,
    body: { kind: 'none' },
    received: null,
    request: new BodyRecord(),
    response: new BodyRecord(),
    attempts: [],
    changes: [],
    hint: null,
    trailers: null,
    incomplete: null,
    bodyAt: t0,
    overheadMs: 0,
    held: 0,
    journaled: false,
    answered: null,
    ending: { kind: 'end' },
    betweenEvents: true,
    delivered: null,
    remainder: null,
    clientGone: false,
    cache: null,
    loop: null,
    reservation: null,
    place: -1,
    abort: null,
  }
}

export const elapsed = (call: LiveCall): number => performance.now() - call.t0
