/**
 * The answer's way to the client. Each piece goes into the journal first and to the client when that write has returned, so the
 * journal is never behind what a client has seen. Back-pressure runs both ways: a slow client pauses the upstream.
 */
import { once } from 'node:events'
import { WeirError } from '../errors.ts'
import type { LiveAttempt, Sink } from './attempt.ts'
import { type Gateway, record } from './gateway.ts'
import { headerOf, toClientHeaders } from './headers.ts'
import { hintFor } from './hint.ts'
import { captureLimit } from './ingress.ts'
import { createUsageFilter } from './inject-usage.ts'
import { elapsed, type LiveCall } from './live.ts'
import { breakOff } from './refuse.ts'

/** Bytes that may wait for the journal before the upstream is paused. */
const WAITING_LIMIT = 1024 * 1024
/** What a socket takes without waiting: below it an answer counts as handed over. */
const HANDED_OVER = 64 * 1024

export async function relay(call: LiveCall, attempt: LiveAttempt, gateway: Gateway): Promise<void> {
  const filter = call.injected ? createUsageFilter() : null
  call.response.expect(lengthOf(attempt.rawHeaders), captureLimit(call))
  let waiting = 0
  let paused = false

  const send = (bytes: Buffer) => {
    if (call.clientGone || bytes.length === 0) return
    call.betweenEvents = endsEvent(bytes)
    if (!call.outgoing.write(bytes)) pauseUntilDrained()
  }
  const pauseUntilDrained = () => {
    if (paused) return
    paused = true
    attempt.pause()
    call.outgoing.once('drain', () => {
      paused = false
      attempt.resume()
    })
  }

  const settled = await new Promise<WeirError | null>((resolve) => {
    /** Settles when everything that has come so far is on its way to the client. The journal answers in order. */
    let out: Promise<void> = gateway.journal.attempt(call.id, attempt.meta).then(() => sendHeaders(call, attempt, waiting === 0))
    const sink: Sink = {
      piece(bytes) {
        waiting += bytes.length
        const written = record(call, gateway, 'response', bytes, elapsed(call))
        out = written.then(() => {
          waiting -= bytes.length
          send(filter ? filter.push(bytes) : bytes)
        })
        if (waiting > WAITING_LIMIT) holdFor(written)
      },
      end(trailers) {
        call.trailers = trailers.length > 0 ? trailers : null
        if (waiting + call.outgoing.writableLength < HANDED_OVER) resolve(null)
        else void out.then(() => drained(call)).then(() => resolve(null))
      },
      fail: (error) => void out.then(() => resolve(error)),
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
  call.remainder = filter ? () => send(filter.end()) : null
  if (settled) breakOff(call, attempt, settled)
  else call.answered = { outcome: attempt.status >= 400 ? 'error' : 'ok', status: attempt.status, errorCode: null, errorMessage: null }
}

const LF = 0x0a
/** A blank line at the end, with LF or CRLF. (A piece of one byte says no: then the connection is destroyed instead.) */
const endsEvent = (bytes: Buffer) => bytes.at(-1) === LF && (bytes.at(-2) === LF || (bytes.at(-3) === LF && bytes.at(-2) === 0x0d))

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

function sendHeaders(call: LiveCall, attempt: LiveAttempt, flush: boolean): void {
  if (call.clientGone || call.outgoing.headersSent) return
  const headers = toClientHeaders(attempt.rawHeaders)
  if (call.injected) dropLength(headers)
  if (attempt.status === 404) call.hint = hintFor(call)
  const upstreamMs = attempt.meta.headersMs ?? 0
  const weirMs = Math.max(0, elapsed(call) - (call.bodyAt - call.t0) - upstreamMs)
  call.overheadMs = weirMs
  headers.push('x-weir-call-id', call.id, 'x-weir-target', attempt.target.name, 'x-weir-attempts', String(call.attempts.length))
  headers.push('server-timing', `weir;dur=${weirMs.toFixed(2)}, upstream;dur=${upstreamMs.toFixed(2)}`)
  if (call.hint) headers.push('x-weir-hint', call.hint)
  call.outgoing.writeHead(attempt.status, attempt.statusMessage, headers)
  if (flush) call.outgoing.flushHeaders()
}

/** With an event taken out the declared length would be wrong. */
function dropLength(headers: string[]): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) if (headers[i]!.toLowerCase() === 'content-length') headers.splice(i, 2)
}

