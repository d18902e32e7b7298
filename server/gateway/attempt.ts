/**
 * One upstream try, until its answer has begun or it has failed. Bytes that arrive before the relay is ready are kept in order;
 * that is at most what one socket read brought, since the relay takes over in the same turn of the event loop.
 */
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { containerHint } from '../config/container.ts'
import { type ErrorCode, WeirError } from '../errors.ts'
import type { AttemptMeta } from '../journal/entry.ts'
import type { Gateway } from './gateway.ts'
import { fromBuffers, toUpstreamHeaders } from './headers.ts'
import { type Abort, elapsed, type LiveCall, type Target } from './live.ts'
import { maskHeaders } from './mask.ts'
import { requestBody } from './request-body.ts'
import { createTimeouts, limitsFor, type Timeouts } from './timeouts.ts'

/** Where the bytes of an answer go once the relay has taken over. */
export interface Sink {
  piece(bytes: Buffer): void
  end(rawTrailers: string[]): void
  /** The upstream broke, fell silent or was cut off after its headers. */
  fail(error: WeirError): void
}

export interface LiveAttempt {
  meta: AttemptMeta
  target: Target
  begun: boolean
  failure: WeirError | null
  status: number
  statusMessage: string
  rawHeaders: string[]
  timeouts: Timeouts
  /** The socket to the provider after a 101; null for every other answer. */
  upgraded: Duplex | null
  pause(): void
  resume(): void
  /** Hands over what has come so far, and everything from now on. */
  pipe(sink: Sink): void
}

export function tryTarget(call: LiveCall, target: Target, gateway: Gateway): Promise<LiveAttempt> {
  return new Promise((resolve) => {
    const attempt = createAttempt(call, target, gateway, resolve)
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

function createAttempt(call: LiveCall, target: Target, gateway: Gateway, settle: (attempt: LiveAttempt) => void) {
  const startedMs = elapsed(call)
  let controller: Dispatcher.DispatchController | null = null
  let sink: Sink | null = null
  let early: Buffer[] = []
  let ended: string[] | null = null
  let broken: WeirError | null = null
  let started = false
  let over = false
  /** The provider refused, perhaps because of what Weir had added: its answer waits until its body tells. */
  let held: (() => void) | null = null

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
    timeouts.clear()
    call.abort = null
    controller?.abort(error)
    meta.error = { code: error.code, message: error.message }
    if (attempt.begun) {
      if (sink) sink.fail(error)
      else broken = error
      return
    }
    attempt.failure = error
    void gateway.journal.attempt(call.id, meta)
    settle(attempt)
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
    const go = () => {
      held = null
      attempt.begun = true
      settle(attempt)
    }
    if (mayRefuseUsage(call, status)) held = go
    else go()
  }

  /** A refused question is Weir's to mend, if the answer names it; everything else is the client's to see. */
  function judgeRefusal(): void {
    if (!namesUsage(Buffer.concat(early))) return held!()
    call.usageRefused = true
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
      if (started) timeouts.touch()
      else timeouts.enter('idle')
      started = true
      if (sink) sink.piece(bytes)
      else early.push(bytes)
      if (held && early.length > HELD_PIECES) held()
    },
    onResponseEnd() {
      if (held) judgeRefusal()
      if (over) return
      over = true
      timeouts.clear()
      call.abort = null
      const trailers = fromBuffers((controller!.rawTrailers ?? []) as Buffer[])
      if (sink) sink.end(trailers)
      else ended = trailers
    },
    onResponseError(_, error) {
      fail(toFailure(error, target, attempt.begun, gateway.inContainer))
    },
  }

  const giveUp: Abort = (why) =>
    fail(
      why === 'client_gone' ? new WeirError('client_gone', 'The client left, so the upstream request was ended.') : why,
    )
  call.abort = giveUp
  timeouts.enter('connect')
  return { handler, fail, touch: timeouts.touch }
}

/** Hints are a favour: where Node does not take them (it knows one link a value, and only some forms) they are left out. */
function sendEarlyHints({ outgoing }: LiveCall, headers: Record<string, string | string[] | undefined>): void {
  const links = [headers['link'] ?? []].flat().flatMap((value) => value.split(/,\s*(?=<)/))
  try {
    outgoing.writeEarlyHints({ ...(headers as Record<string, string | string[]>), link: links })
  } catch {
    // The answer that they announce comes all the same.
  }
}

/** Only where Weir itself put stream_options in, a 400 or 422 may be Weir's to mend. */
const mayRefuseUsage = (call: LiveCall, status: number) => call.injected !== null && (status === 400 || status === 422)
const namesUsage = (body: Buffer) => /stream_options|include_usage/.test(body.toString('latin1'))
/** An error body comes in one or two pieces; something longer is no refusal. */
const HELD_PIECES = 16

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])

function toFailure(error: Error, target: Target, begun: boolean, inContainer: boolean): WeirError {
  if (error instanceof WeirError) return error
  const system = (error as NodeJS.ErrnoException).code ?? ''
  const [code, what]: [ErrorCode, string] =
    system === 'UND_ERR_CONNECT_TIMEOUT'
      ? ['timeout_connect', 'could not be reached in time']
      : UNREACHABLE.has(system) || error.message.startsWith('Proxy response')
        ? ['upstream_unreachable', 'could not be reached']
        : isInvalid(error, system)
          ? ['upstream_invalid', 'sent something that is not HTTP as Weir can read it']
          : /CERT|TLS|SSL/.test(system)
            ? ['upstream_unreachable', 'could not be reached safely']
            : [
                'upstream_reset',
                begun ? 'broke off in the middle of its answer' : 'closed the connection without an answer',
              ]
  const hint = inContainer && UNREACHABLE.has(system) ? containerHint(target.origin) : ''
  return new WeirError(code, `${target.name} (${target.origin}) ${what}: ${messageOf(error)}${hint}`, { cause: error })
}

/** undici's parser gives its errors a name and, for most of them, no code; to an unasked 100 it only says `bad response`. */
const isInvalid = (error: Error, system: string) =>
  error.name === 'HTTPParserError' ||
  system.startsWith('HPE_') ||
  system === 'UND_ERR_HEADERS_OVERFLOW' ||
  system.includes('CONTENT_LENGTH') ||
  error.message === 'bad response'

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code || error.name : String(error)
}
