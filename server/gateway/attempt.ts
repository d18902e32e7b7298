/**
 * One upstream try, until its answer has begun or it has failed. Bytes that arrive before the relay is ready are kept in order;
 * that is at most what one socket read brought, since the relay takes over in the same turn of the event loop.
 */
import { performance } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { WeirError } from '../errors.ts'
import type { AttemptMeta } from '../journal/entry.ts'
import type { Verdict } from '../policy/quality/rules.ts'
import type { Deadline } from './deadlines.ts'
import { bytesWithin } from './drain-cost.ts'
import { drainMsOf } from './drain.ts'
import { messageOf, toFailure } from './failure.ts'
import type { Gateway } from './gateway.ts'
import { fromBuffers, toUpstreamHeaders } from './headers.ts'
import { type Abort, elapsed, type LiveCall, type Target } from './live.ts'
import { maskHeaders } from './mask.ts'
import type { OpeningReader } from './opening.ts'
import { JUDGED_BYTES, TOO_LARGE } from './quality.ts'
import { requestBody } from './request-body.ts'
import { createTimeouts, limitsFor, type Timeouts } from './timeouts.ts'

/** Where the bytes of an answer go once the relay has taken over. */
export interface Sink {
  piece(bytes: Buffer): void
  end(rawTrailers: string[]): void
  /** The upstream broke, fell silent or was cut off after its headers. */
  fail(error: WeirError): void
}

/** `pass`: the client gets it · `keep`: it is given up, its body is read for later · `hold`: its first events decide · `judge`: all of it does. */
export type Way = 'pass' | 'keep' | 'hold' | 'judge'

/** Judges how an answer begins, for calls that have somewhere else to go. */
export interface Gate {
  head(status: number, rawHeaders: string[]): Way
  events: OpeningReader
  /** Of an answer that is judged by the route's rules. */
  whole(body: Buffer): Promise<Verdict>
  /** Why an answer that should be judged is not. */
  note: string | null
}

export interface LiveAttempt {
  meta: AttemptMeta
  target: Target
  begun: boolean
  failure: WeirError | null
  status: number
  statusMessage: string
  rawHeaders: string[]
  /** Given up, but read to its end: `pipe` has all of it, should nothing better come. */
  kept: boolean
  /** What a quality rule found wrong with it; null: nothing. */
  flaw: string | null
  /** Why it was not judged, else null. */
  note: string | null
  /** Milliseconds that judging took: Weir's own, not the provider's. */
  judgedMs: number
  /** It was refused for what Weir had added: `stream_options`. */
  usageRefused: boolean
  /** Milliseconds until the first byte of the body; null: none came. */
  firstByteMs: number | null
  timeouts: Timeouts
  /** The socket to the provider after a 101; null for every other answer. */
  upgraded: Duplex | null
  pause(): void
  resume(): void
  /** Hands over what has come so far, and everything from now on. */
  pipe(sink: Sink): void
}

export function tryTarget(
  call: LiveCall,
  target: Target,
  gateway: Gateway,
  gate: Gate | null = null,
): Promise<LiveAttempt> {
  return new Promise((resolve) => {
    const attempt = createAttempt(call, target, gateway, gate, resolve)
    if (call.clientGone)
      return attempt.fail(new WeirError('client_gone', 'The client left before the upstream was asked.'))
    try {
      gateway.upstreams.for(target.provider.name).dispatch(toDispatch(call, target, gateway, attempt), attempt.handler)
    } catch (cause) {
      attempt.fail(new WeirError('bad_request', `This request cannot be sent on: ${messageOf(cause)}`, { cause }))
    }
  })
}

function toDispatch(
  call: LiveCall,
  target: Target,
  gateway: Gateway,
  attempt: { touch(): void },
): Dispatcher.DispatchOptions {
  return {
    origin: target.origin,
    path: target.path,
    method: call.incoming.method as Dispatcher.HttpMethod,
    headers: toUpstreamHeaders(call.incoming.rawHeaders, {
      host: target.host,
      whole: call.body.kind === 'whole',
      drop: call.dropHeaders,
      set: call.setHeaders,
    }),
    body: requestBody(call, gateway, attempt.touch),
    ...(isWebSocket(call) ? { upgrade: 'websocket' } : {}),
  }
}

const isWebSocket = (call: LiveCall) =>
  call.incoming.method === 'GET' && call.incoming.headers.upgrade?.toLowerCase() === 'websocket'

function createAttempt(
  call: LiveCall,
  target: Target,
  gateway: Gateway,
  gate: Gate | null,
  settle: (attempt: LiveAttempt) => void,
) {
  const startedMs = elapsed(call)
  let controller: Dispatcher.DispatchController | null = null
  let sink: Sink | null = null
  let early: Buffer[] = []
  let ended: string[] | null = null
  let broken: WeirError | null = null
  /** Only where Weir itself put stream_options in, a 400 or 422 may be Weir's to mend. */
  const injected = call.injected !== null
  let started = false
  let over = false
  /** The provider refused, perhaps because of what Weir had added: its answer waits until its body tells. */
  let held: (() => void) | null = null
  /** What the gate has said of it, until the answer passes or is given up. */
  let way: Way = 'pass'
  let keptBytes = 0
  let extra: Deadline | null = null
  /** Set where its client has left and what is read on may only cost so much. */
  let mostBytes = Number.POSITIVE_INFINITY

  const meta: AttemptMeta = {
    n: call.attempts.length + 1,
    target: target.name,
    startedAt: Date.now(),
    atMs: startedMs,
    connectMs: null,
    headersMs: null,
    status: null,
    statusMessage: null,
    headers: null,
    error: null,
    reason: null,
  }
  call.attempts.push(meta)
  const timeouts = createTimeouts(
    limitsFor(call.rules.config, target.provider.name, call.incoming.rawHeaders),
    target.name,
    gateway.deadlines,
    (error) => fail(error),
  )

  const attempt: LiveAttempt = {
    meta,
    target,
    begun: false,
    failure: null,
    status: 0,
    statusMessage: '',
    rawHeaders: [],
    kept: false,
    flaw: null,
    note: null,
    judgedMs: 0,
    usageRefused: false,
    firstByteMs: null,
    timeouts,
    upgraded: null,
    pause() {
      controller?.pause()
      timeouts.pause()
    },
    resume() {
      if (!over) timeouts.resume()
      controller?.resume()
    },
    pipe(next) {
      sink = next
      for (const bytes of early) sink.piece(bytes)
      early = []
      if (broken) sink.fail(broken)
      else if (ended) sink.end(ended)
    },
  }

  /** The one way in which an attempt fails, before its headers or after. */
  function fail(error: WeirError): void {
    if (over) return
    over = true
    clear()
    if (call.abort === giveUp) call.abort = null
    controller?.abort(error)
    meta.error = { code: error.code, message: error.message }
    if (attempt.begun) {
      if (sink) sink.fail(error)
      else broken = error
      return
    }
    attempt.failure = error
    // Of a route's try the reason is still to be told.
    if (!call.route) void gateway.journal.attempt(call.id, meta)
    settle(attempt)
  }

  /** An answer that the route does not want. What is whole of it may still be passed on when nothing better comes. */
  function reject(what: string, { whole, trailers = null }: { whole: boolean; trailers?: string[] | null }): void {
    attempt.kept = whole
    ended = trailers ?? []
    // What has ended by itself leaves a connection that is good for the next call.
    if (trailers) controller = null
    fail(new WeirError('upstream_failed', `${target.name} answered ${attempt.status}${what}.`))
    controller = null
  }

  function within(ms: number, expire: () => void): void {
    extra = { place: -1, at: performance.now() + ms, expire }
    gateway.deadlines.add(extra)
  }
  function clear(): void {
    timeouts.clear()
    if (extra) gateway.deadlines.remove(extra)
  }

  function begin(status: number, statusMessage: string, rawHeaders: string[]): void {
    meta.headersMs = elapsed(call) - startedMs
    meta.status = status
    meta.statusMessage = statusMessage
    meta.headers = maskHeaders(rawHeaders)
    attempt.status = status
    attempt.statusMessage = statusMessage
    attempt.rawHeaders = rawHeaders
    timeouts.enter('firstEvent')
    way = gate?.head(status, rawHeaders) ?? 'pass'
    attempt.note = gate?.note ?? null
    const goOn = () => {
      held = null
      if (way === 'pass') pass()
    }
    if (injected && (status === 400 || status === 422)) held = goOn
    else goOn()
    // Its error is worth a moment, not more: the next target waits.
    if (way === 'keep') within(KEEP_MS, () => reject('', { whole: false }))
  }

  function pass(): void {
    way = 'pass'
    attempt.begun = true
    settle(attempt)
  }

  /** The head of a stream that is held: passes with its first content, never with an error. */
  function judgeEvents(bytes: Buffer): void {
    const says = gate!.events.push(bytes)
    if (says === 'more') return
    if (says === 'error') return reject(' and opened its stream with an error', { whole: true })
    timeouts.enter('idle')
    pass()
  }

  /** The answer is whole: what the route's rules say of it decides. */
  async function judgeWhole(trailers: string[]): Promise<void> {
    // What has ended by itself leaves a connection that is good for the next call.
    controller = null
    timeouts.clear()
    const from = performance.now()
    const { failed, note, answer } = await gate!.whole(Buffer.concat(early))
    attempt.judgedMs = performance.now() - from
    if (over) return
    if (failed) {
      attempt.flaw = `quality rule ${failed.rule}: ${failed.why}`
      if (answer) meta.answer = answer
      return reject(`, and that failed the ${attempt.flaw}`, { whole: true, trailers })
    }
    attempt.note = note
    pass()
    close(trailers)
  }

  /** Everything has come. */
  function close(trailers: string[]): void {
    over = true
    clear()
    if (call.abort === giveUp) call.abort = null
    if (sink) sink.end(trailers)
    else ended = trailers
  }

  /** A refused question is Weir's to mend, if the answer names it; everything else is the client's to see. */
  function judgeRefusal(): void {
    if (!namesUsage(Buffer.concat(early))) return held!()
    attempt.usageRefused = true
    fail(new WeirError('upstream_invalid', `${target.name} answered ${attempt.status} to stream_options.`))
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(given) {
      controller = given
      if (over) return given.abort(attempt.failure ?? new Error('given up'))
      meta.connectMs = elapsed(call) - startedMs
      call.overheadMs += call.attempts.length > 1 ? 0 : Math.max(0, startedMs - (call.bodyAt - call.t0))
      timeouts.enter('headers')
    },
    onResponseStart(_, status, headers, statusMessage) {
      const raw = fromBuffers((controller!.rawHeaders ?? []) as Buffer[])
      if (status === 103) return sendEarlyHints(call, headers)
      if (status >= 200) begin(status, statusMessage ?? '', raw)
    },
    onRequestUpgrade(_, status, __, socket) {
      over = true
      attempt.upgraded = socket
      begin(status, '', fromBuffers((controller!.rawHeaders ?? []) as Buffer[]))
      timeouts.clear()
    },
    onResponseData(_, bytes) {
      if (over) return
      attempt.firstByteMs ??= elapsed(call) - startedMs
      // A stream that is held has not begun: pings do not put off its first event.
      if (started) timeouts.touch()
      else if (way !== 'hold') timeouts.enter('idle')
      started = way !== 'hold'
      if (sink) sink.piece(bytes)
      else early.push(bytes)
      if (call.response.bytes > mostBytes) return fail(tooDear())
      if (held && early.length > HELD_PIECES) held()
      if (way === 'hold') judgeEvents(bytes)
      else if (way === 'keep' && (keptBytes += bytes.length) > KEPT_BYTES) reject('', { whole: false })
      else if (way === 'judge' && (keptBytes += bytes.length) > JUDGED_BYTES) {
        attempt.note = TOO_LARGE
        pass()
      }
    },
    onResponseEnd() {
      if (held) judgeRefusal()
      if (over) return
      const trailers = fromBuffers((controller!.rawTrailers ?? []) as Buffer[])
      if (way === 'keep') return reject('', { whole: true, trailers })
      // A stream without any content is still the answer that there is.
      if (way === 'hold') pass()
      if (way === 'judge') return void judgeWhole(trailers)
      close(trailers)
    },
    onResponseError(_, error) {
      fail(toFailure(error, target, attempt.begun, gateway.inContainer))
    },
  }

  const giveUp: Abort = (why) => {
    if (over) return
    if (why !== 'client_gone') return fail(why)
    const gone = new WeirError('client_gone', 'The client left, so the upstream request was ended.')
    const drainMs = drainMsOf(call)
    if (!attempt.begun || drainMs === null) return fail(gone)
    within(drainMs, () => fail(gone))
    const maxNano = call.route?.route.drainNano ?? null
    if (maxNano !== null) void drainWithin(maxNano)
  }
  const drainWithin = async (maxNano: number) => {
    mostBytes = await bytesWithin(maxNano, call, gateway)
    if (call.response.bytes >= mostBytes) fail(tooDear())
  }
  call.abort = giveUp
  timeouts.enter('connect')
  return { handler, fail, touch: timeouts.touch }
}

const tooDear = () =>
  new WeirError(
    'client_gone',
    'The client left, and to read its answer on might have cost more than disconnect.maxCost.',
  )

/** Hints are a favour: where Node does not take them (it knows one link a value, and only some forms) they are left out. */
function sendEarlyHints({ outgoing }: LiveCall, headers: Record<string, string | string[] | undefined>): void {
  const links = [headers['link'] ?? []].flat().flatMap((value) => value.split(/,\s*(?=<)/))
  try {
    outgoing.writeEarlyHints({ ...(headers as Record<string, string | string[]>), link: links })
  } catch {
    // The answer that they announce comes all the same.
  }
}

const namesUsage = (body: Buffer) => /stream_options|include_usage/.test(body.toString('latin1'))
/** An error body comes in one or two pieces; something longer is no refusal. */
const HELD_PIECES = 16
/** Of an answer that is given up: so much is kept of it, and waited for it. */
const KEPT_BYTES = 256 * 1024
const KEEP_MS = 1000
