/**
 * How a call ended. Mostly the journal's `end` says it. A call without `end` (its writer died) is judged from its parts: the
 * journal is never behind what the client has seen, so an answer that is whole here may have been seen whole.
 */
import type { Outcome } from '../call.ts'
import type { Answer } from '../dialects/dialect.ts'
import type { JournaledCall } from '../journal/entry.ts'
import { lengthOf } from './body.ts'
import { header } from './headers.ts'

export interface Verdict {
  outcome: Exclude<Outcome, 'running'>
  status: number | null
  errorCode: string | null
  errorMessage: string | null
  durationMs: number | null
}

export const judge = (call: JournaledCall, answer: Answer | null): Verdict => {
  const ended = call.end ? fromEnd(call.end) : fromParts(call, answer)
  return mayHaveFailed(ended) ? withProviderError(ended, call, answer) : ended
}

/** An answer that was shared while it came may turn out to be an error in the middle of a stream. */
const mayHaveFailed = ({ outcome }: Verdict) => outcome === 'ok' || outcome === 'error' || outcome === 'cache_hit'

function fromEnd({ outcome, status, errorCode, errorMessage, durationMs }: NonNullable<JournaledCall['end']>): Verdict {
  return { outcome, status, errorCode, errorMessage, durationMs }
}

function fromParts(call: JournaledCall, answer: Answer | null): Verdict {
  const last = call.attempts.at(-1)
  const status = last?.status ?? null
  const lastAtMs = call.response.at(-1)?.atMs ?? last?.atMs ?? null
  if (status !== null && isWhole(call, answer)) {
    return { outcome: 'ok', status, errorCode: null, errorMessage: null, durationMs: lastAtMs }
  }
  const errorMessage = 'Weir ended before this call did. What was received until then is kept.'
  return { outcome: 'interrupted', status, errorCode: 'interrupted', errorMessage, durationMs: lastAtMs }
}

/**
 * RFC 9112 §6.3: no body for HEAD, 204 and 304; else content-length; else only the dialect knows its own end: a terminal event,
 * or JSON that closes. `generic` knows none, and of opaque bytes every beginning looks whole.
 */
function isWhole({ start, attempts, response }: JournaledCall, answer: Answer | null): boolean {
  const { status, headers } = attempts.at(-1) ?? { status: null, headers: null }
  if (start.method === 'HEAD' || status === 204 || status === 304) return true
  const expected = header(headers, 'content-length')
  if (expected !== null && /^\d+$/.test(expected)) return lengthOf(response) >= Number(expected)
  const endIsKnown = answer?.events != null || header(headers, 'content-type')?.includes('json') === true
  return answer?.complete === true && endIsKnown && start.dialect !== null && start.dialect !== 'generic'
}

/** A stream can fail after its 200 went out: the provider's own words count, whatever the status. */
function withProviderError(ended: Verdict, call: JournaledCall, answer: Answer | null): Verdict {
  const failed = (ended.status ?? 0) >= 400
  const error = answer?.error ?? null
  if (ended.outcome !== 'error' && !failed && !error) return ended
  const reason = call.attempts.at(-1)?.statusMessage || null
  return {
    ...ended,
    outcome: 'error',
    errorCode: ended.errorCode ?? error?.code ?? (failed ? `http_${ended.status}` : 'provider_error'),
    errorMessage: ended.errorMessage ?? error?.message ?? reason,
  }
}
