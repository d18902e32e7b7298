/** A try that failed, in the terms of the failure table. */
import type { ErrorCode, WeirError } from '../errors.ts'
import { headerOf } from './headers.ts'
import type { Failed } from './walk.ts'

/** null: this answer is nobody's failure. */
export function fromStatus(status: number, rawHeaders: readonly string[], now: number): Failed | null {
  if (status < 400) return null
  const retryAfter = readRetryAfter(rawHeaders, now)
  if (status === 429) return { kind: '429', status, retryAfter }
  if (status === 401 || status === 402 || status === 403) return { kind: 'auth', status, retryAfter: null }
  return { kind: status >= 500 ? '5xx' : '4xx', status, retryAfter: status >= 500 ? retryAfter : null }
}

/** null: no other target would help (the client left, the call was ended by hand, the request cannot be sent at all). */
export function fromError({ code }: WeirError): Failed | null {
  const kind = KINDS[code]
  return kind ? { kind, status: null, retryAfter: null } : null
}

const KINDS: Partial<Record<ErrorCode, Failed['kind']>> = {
  upstream_unreachable: 'connect',
  upstream_reset: 'connect',
  upstream_invalid: 'connect',
  timeout_connect: 'timeout',
  timeout_headers: 'timeout',
  timeout_first_event: 'timeout',
  timeout_idle: 'timeout',
  timeout_total: 'timeout',
}

/** Milliseconds. `retry-after-ms` is what OpenAI and Azure say; else seconds or a date (RFC 9110 §10.2.3). */
function readRetryAfter(raw: readonly string[], now: number): number | null {
  const ms = Number(headerOf(raw, 'retry-after-ms') ?? Number.NaN)
  if (ms >= 0) return ms
  const text = headerOf(raw, 'retry-after')
  if (text === null) return null
  const seconds = Number(text)
  if (seconds >= 0) return seconds * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

/** In words, for the reason of an attempt. */
export function inWords({ kind, status, retryAfter, flaw }: Failed): string {
  if (flaw !== undefined) return flaw
  const what = status === null ? (kind === 'connect' ? 'no connection' : 'timeout') : String(status)
  return retryAfter === null ? what : `${what}, retry after ${Math.ceil(retryAfter / 1000)} s`
}
