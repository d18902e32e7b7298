/**
 * Turns a failure into what the client gets, and into the call's outcome. It only prepares: `finish` alone ends a response.
 * Before the headers that is an error body in the dialect's shape, so that SDKs raise their usual classes. After them nothing
 * but the dialect's own stream error may be written, and only between two events; otherwise the connection is destroyed:
 * never a clean end after a broken upstream.
 */
import type { Outcome } from '../call.ts'
import { type ErrorCode, toWeirError, type WeirError } from '../errors.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectByName, dialects, recognise } from '../dialects/registry.ts'
import type { LiveAttempt } from './attempt.ts'
import { headerOf, ownHeaders } from './headers.ts'
import { elapsed, type LiveCall } from './live.ts'

export function refuse(call: LiveCall, thrown: unknown): void {
  const error = toWeirError(thrown)
  const { status } = error
  call.answered = {
    outcome: outcomeOf(error.code, call),
    status: call.clientGone ? null : status,
    errorCode: error.code,
    errorMessage: error.message,
  }
  if (call.clientGone || error.code === 'client_gone') {
    call.clientGone = true
    call.ending = { kind: 'destroy' }
    return
  }
  if (call.outgoing.headersSent) {
    call.ending = { kind: 'destroy' }
    return
  }
  const shape = { status, code: error.code, message: error.message }
  const body = Buffer.from(JSON.stringify(dialectOf(call).error(shape)))
  const headers = [
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
    'x-weir-error',
    error.code,
    ...ownHeaders(call, elapsed(call), null),
  ]
  const tried = call.route !== null && call.attempts.length > 1
  if ((tried || !mayRetry(error.code)) && error.headers['x-should-retry'] === undefined)
    headers.push('x-should-retry', 'false')
  for (const [name, value] of Object.entries(error.headers)) headers.push(name, value)
  call.ending = { kind: 'whole', status, headers, body }
}

/** What the client can read. A refusal on headers comes before `identify`: then the path tells, whoever it was meant for. */
function dialectOf(call: LiveCall): Dialect {
  if (call.dialect) return call.dialect
  if (call.address?.provider === null)
    return dialectByName(speaksAnthropic(call) ? 'anthropic-messages' : 'openai-chat')
  const path = (call.address?.rest ?? call.target).split('?', 1)[0]!
  const method = call.incoming.method!
  const recognised = call.provider?.recognise(method, path) ?? recognise(dialects, method, path)
  return recognised?.dialect ?? dialectByName('generic')
}

/** Under Weir's own `/v1` clients are OpenAI's, but for those that say otherwise. */
const speaksAnthropic = (call: LiveCall): boolean =>
  /^\/messages(?:[/?]|$)/.test(call.address!.rest) || headerOf(call.incoming.rawHeaders, 'anthropic-version') !== null

/** Of an answer that has begun, what a client can still be told by. */
type Begun = Pick<LiveAttempt, 'status' | 'rawHeaders'>

/** The upstream failed after its headers had come. */
export function breakOff(call: LiveCall, attempt: Begun, error: WeirError): void {
  call.answered = {
    outcome: outcomeOf(error.code, call),
    status: attempt.status,
    errorCode: error.code,
    errorMessage: error.message,
  }
  const tail = call.clientGone ? null : streamTail(call, attempt, error)
  call.ending = tail ? { kind: 'tail', body: tail } : { kind: 'destroy' }
  if (tail) call.changes.push({ what: 'an error event was appended to the stream', why: 'the upstream broke off' })
}

/** The dialect's error event, if this is a plain event stream that stands between two events. */
function streamTail(call: LiveCall, attempt: Begun, error: WeirError): Buffer | null {
  const type = headerOf(attempt.rawHeaders, 'content-type') ?? ''
  if (!type.toLowerCase().startsWith('text/event-stream') || headerOf(attempt.rawHeaders, 'content-encoding') !== null)
    return null
  if (headerOf(attempt.rawHeaders, 'content-length') !== null || !call.betweenEvents) return null
  const text = call.dialect?.streamError({ status: error.status, code: error.code, message: error.message })
  return text ? Buffer.from(text) : null
}

function outcomeOf(code: ErrorCode, call: LiveCall): Exclude<Outcome, 'running' | 'interrupted'> {
  if (code === 'client_gone' || call.clientGone) return 'client_abort'
  if (code.startsWith('timeout_')) return 'timeout'
  if (code === 'upstream_reset' || code === 'upstream_invalid')
    return call.attempts.some((attempt) => attempt.status !== null) ? 'upstream_abort' : 'error'
  if (code === 'canceled' && call.attempts.length > 0) return 'error'
  if (code === 'upstream_unreachable' || code === 'upstream_failed' || code === 'internal') return 'error'
  return 'refused'
}

/** Where trying again soon can help; elsewhere SDKs are told not to multiply the attempt. */
const mayRetry = (code: ErrorCode): boolean =>
  code === 'draining' ||
  code === 'overloaded' ||
  code === 'upstream_reset' ||
  code === 'upstream_unreachable' ||
  code === 'journal_full' ||
  code === 'keys_unavailable' ||
  code === 'limits_unavailable'
