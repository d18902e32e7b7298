/**
 * The answer's way to the client. Each piece goes into the journal first and to the client when that write has returned, so the
 * journal is never behind what a client has seen. Back-pressure runs both ways: a slow client pauses the upstream.
 */
import { once } from 'node:events'
import { STATUS_CODES } from 'node:http'
import { addPiece, isAwaited } from '../cache/flight.ts'
import { WeirError } from '../errors.ts'
import type { LiveAttempt, Sink } from './attempt.ts'
import { drainMsOf } from './drain.ts'
import { createGather } from './gather.ts'
import { type Gateway, record } from './gateway.ts'
import { headerOf, ownHeaders, toClientHeaders } from './headers.ts'
import { hintFor } from './hint.ts'
import { captureLimit } from './ingress.ts'
import { createUsageFilter } from './inject-usage.ts'
import { type Abort, type Answered, elapsed, type LiveCall } from './live.ts'
import { breakOff } from './refuse.ts'
import { keepHead } from './replay.ts'

/** Bytes that may wait for the journal before the upstream is paused. */
const WAITING_LIMIT = 1024 * 1024
/** What a socket takes without waiting: below it an answer counts as handed over. */
const HANDED_OVER = 64 * 1024

export async function relay(call: LiveCall, attempt: LiveAttempt, gateway: Gateway): Promise<void> {
  if (attempt.status === 404) call.hint = hintFor(call)
  call.overheadMs = ownTime(call, attempt)
  const filter = call.injected && isPlainStream(attempt) ? createUsageFilter() : null
  call.response.expect(lengthOf(attempt.rawHeaders), captureLimit(call))
  let waiting = 0
  let paused = false

  const send = (bytes: Buffer) => {
    if (call.cache?.flight) addPiece(call.cache.flight, bytes)
    if (call.clientGone || bytes.length === 0) return
    call.betweenEvents = endsEvent(bytes)
    if (!call.outgoing.write(bytes)) pauseUntilDrained()
  }
  const pauseUntilDrained = () => {
    if (paused || isHurried(call)) return
    paused = true
    attempt.pause()
    const goOn = () => {
      call.outgoing.off('drain', goOn).off('close', goOn)
      paused = false
      attempt.resume()
    }
    // A client that has left takes nothing more; what is still to be read (`disconnect: drain`) must not wait for it.
    call.outgoing.on('drain', goOn).on('close', goOn)
  }

  const settled = await new Promise<WeirError | null>((resolve) => {
    /** One piece after the other: a full or sick journal answers at once, and may overtake what it still has in its queue. */
    const follow = async (
      before: Promise<void> | null,
      written: Promise<boolean>,
      deliver: () => void,
    ): Promise<void> => {
      await written
      await before
      try {
        if (!broken) deliver()
      } catch (cause) {
        broken = true
        call.ending = { kind: 'destroy' }
        const error = new WeirError(
          'upstream_invalid',
          `${attempt.target.name} sent an answer that cannot be sent on: ${(cause as Error).message}`,
          { cause },
        )
        call.abort?.(error)
        resolve(error)
      }
    }
    let broken = false
    /** Settles when everything that has come so far is on its way to the client. Never rejects. */
    let out = follow(null, gateway.journal.attempt(call.id, attempt.meta), () =>
      sendHeaders(call, attempt, { flush: waiting === 0, filtered: filter !== null }),
    )
    const gather = createGather((bytes) => {
      const written = record(call, gateway, 'response', bytes, elapsed(call))
      out = follow(out, written, () => {
        waiting -= bytes.length
        send(filter ? filter.push(bytes) : bytes)
      })
      if (waiting > WAITING_LIMIT) holdFor(written)
    })
    const sink: Sink = {
      piece(bytes) {
        waiting += bytes.length
        gather.add(bytes)
      },
      end(trailers) {
        gather.flush()
        call.trailers = trailers.length > 0 ? trailers : null
        call.delivered = out
        if (isAwaited(call) || waiting + call.outgoing.writableLength < HANDED_OVER) resolve(null)
        else {
          // The upstream is done, the client is not: it can still be let go.
          const letGo: Abort = (why) => resolve(why === 'client_gone' ? null : why)
          call.abort = letGo
          void out.then(() => drained(call)).then(() => resolve(null))
        }
      },
      fail(error) {
        gather.flush()
        void out.then(() => resolve(error))
      },
    }
    /** The disk is slower than the provider: wait until this write is through. */
    const holdFor = (written: Promise<boolean>) => {
      if (paused) return
      paused = true
      attempt.pause()
      void written.then(() => {
        paused = false
        attempt.resume()
      })
    }
    attempt.pipe(sink)
  })
  // After a break the filter's rest is half an event, and goes nowhere: what was sent ends with a whole one.
  call.remainder = filter && !settled ? () => send(filter.end()) : null
  call.abort = null
  if (settled && !call.outgoing.headersSent) throw settled
  if (settled) breakOff(call, attempt, settled)
  else if (call.clientGone && drains(call)) call.answered = DRAINED
  else
    call.answered = {
      outcome: attempt.status >= 400 ? 'error' : 'ok',
      status: attempt.status,
      errorCode: null,
      errorMessage: null,
    }
}

/** Calls that share this answer do not wait for this one's client, as long as what it has not taken stays bounded. */
const isHurried = (call: LiveCall) =>
  call.cache !== null && isAwaited(call) && call.outgoing.writableLength < call.rules.config.cache.maxEntryBytes

const drains = (call: LiveCall) => drainMsOf(call) !== null
const DRAINED: Answered = {
  outcome: 'client_abort',
  status: null,
  errorCode: 'client_gone',
  errorMessage: 'The client left; its answer was read to the end, as its key or route asks (disconnect: drain).',
}

const LF = 0x0a
/** A blank line at the end, with LF or CRLF. (A piece of one byte says no: then the connection is destroyed instead.) */
const endsEvent = (bytes: Buffer) =>
  bytes.at(-1) === LF && (bytes.at(-2) === LF || (bytes.at(-3) === LF && bytes.at(-2) === 0x0d))

/** Milliseconds since the request was in that were not the upstream's. */
const ownTime = (call: LiveCall, attempt: LiveAttempt): number =>
  Math.max(0, elapsed(call) - (call.bodyAt - call.t0) - (attempt.meta.headersMs ?? 0) - call.lostMs)

const lengthOf = (raw: readonly string[]): number | null => {
  const text = headerOf(raw, 'content-length')
  return text === null ? null : Number(text)
}

/** Everything is journaled and written; wait until the client has taken it, or has left. */
async function drained(call: LiveCall): Promise<void> {
  while (call.outgoing.writableNeedDrain && !call.clientGone) {
    await Promise.race([once(call.outgoing, 'drain'), once(call.outgoing, 'close')])
  }
}

function sendHeaders(
  call: LiveCall,
  attempt: LiveAttempt,
  { flush, filtered }: { flush: boolean; filtered: boolean },
): void {
  // With an event taken out the declared length would be wrong.
  let headers = toClientHeaders(attempt.rawHeaders)
  if (filtered) headers = without(headers, 'content-length')
  if (wasRetried(call, attempt)) headers = without(headers, 'x-should-retry')
  if (call.cache?.flight) keepHead(call.cache.flight, attempt.status, headers)
  if (call.clientGone || call.outgoing.headersSent) return
  const upstreamMs = attempt.meta.headersMs ?? 0
  const weirMs = (call.overheadMs = ownTime(call, attempt))
  headers.push(...ownHeaders(call, weirMs, upstreamMs))
  // Weir has tried already: SDKs must not multiply that.
  if (wasRetried(call, attempt)) headers.push('x-should-retry', 'false')
  call.outgoing.writeHead(
    attempt.status,
    reasonOf(attempt),
    mayHaveTrailers(call, attempt) ? headers : without(headers, 'trailer'),
  )
  if (flush) call.outgoing.flushHeaders()
}

const wasRetried = (call: LiveCall, { status }: LiveAttempt) =>
  call.route !== null && status >= 400 && call.attempts.length > 1

/** A stream of events whose bytes can be read as they are. */
const isPlainStream = ({ rawHeaders }: LiveAttempt): boolean =>
  (headerOf(rawHeaders, 'content-type') ?? '').toLowerCase().startsWith('text/event-stream') &&
  headerOf(rawHeaders, 'content-encoding') === null

/** undici reads a phrase as UTF-8 and Node writes it as Latin-1: what is not ASCII cannot pass, and nobody but people reads it. */
const reasonOf = ({ status, statusMessage }: LiveAttempt): string =>
  /^[\t\x20-\x7e]*$/.test(statusMessage) ? statusMessage : (STATUS_CODES[status] ?? '')

/** Trailers need chunks (RFC 9110 §6.5.1), and Node refuses to announce them where there are none. */
const mayHaveTrailers = (call: LiveCall, { status, rawHeaders }: LiveAttempt): boolean =>
  headerOf(rawHeaders, 'trailer') === null ||
  (call.incoming.httpVersion === '1.1' &&
    call.incoming.method !== 'HEAD' &&
    status !== 204 &&
    status !== 304 &&
    headerOf(rawHeaders, 'content-length') === null)

const without = (headers: readonly string[], lowerName: string): string[] =>
  headers.filter((_, i) => headers[i - (i % 2)]!.toLowerCase() !== lowerName)
