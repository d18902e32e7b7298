/**
 * Where a call's time went, as bars on one axis from the client's request to the last byte: what Weir did first, each failed attempt, then
 * the phases of the attempt that answered. Only what was measured is drawn; a phase without its time is left out.
 */
import type { Attempt, Call } from '../../../../server/call.ts'

export type BarKind = 'weir' | 'failed' | 'connect' | 'wait' | 'token' | 'stream' | 'running'
export interface Bar {
  label: string
  kind: BarKind
  /** Milliseconds since the call started. */
  fromMs: number
  toMs: number
  /** One sentence for the hover. */
  says: string
}

export const toBars = (call: Call, now: number): Bar[] => {
  const end = call.durationMs ?? now - call.startedAt
  const bars: Bar[] = []
  const since = (at: number) => Math.min(Math.max(at - call.startedAt, 0), end)
  const first = call.attempts[0]
  if (first) bars.push({ label: 'admit', kind: 'weir', ...admit(call, since(first.startedAt)) })
  call.attempts.forEach((attempt, i) => {
    const last = i === call.attempts.length - 1
    bars.push(
      ...(last && !failed(attempt, call)
        ? phases(attempt, call, since(attempt.startedAt), end)
        : [gaveUp(attempt, since(attempt.startedAt), end)]),
    )
  })
  if (!first)
    bars.push({
      label: ENDED_INSIDE[call.outcome] ?? 'total',
      kind: 'weir',
      fromMs: 0,
      toMs: end,
      says: 'No provider was called.',
    })
  return bars
}

const ENDED_INSIDE: Partial<Record<Call['outcome'], string>> = {
  refused: 'refused',
  cache_hit: 'cache',
  running: 'admit',
}

/** Wall clocks tick in whole milliseconds: for a call with one attempt Weir's own measured share is the finer figure. */
const admit = (call: Call, start: number) => ({
  fromMs: 0,
  toMs:
    start > 1 || call.overheadMs === null ? start : Math.min(call.overheadMs, Math.max(call.durationMs ?? Infinity, 0)),
  says: 'From the first byte of the request until Weir sent it on: key, limits, route, and reading the body.',
})

/** The attempt that brought nothing: no headers, or an answer after which another target was tried. */
const failed = (attempt: Attempt, call: Call) =>
  call.outcome !== 'running' && attempt.headersMs === null && attempt.error !== null

const gaveUp = (attempt: Attempt, from: number, end: number): Bar => ({
  label: `${attempt.target.split('/')[0]} ${attempt.status ?? 'failed'}`,
  kind: 'failed',
  fromMs: from,
  toMs: Math.min(attempt.durationMs === null ? end : from + attempt.durationMs, end),
  says: [`Attempt ${attempt.n}, ${attempt.target}`, attempt.error, attempt.reason].filter(Boolean).join(' · '),
})

const phases = (attempt: Attempt, call: Call, from: number, end: number): Bar[] => {
  const bars: Bar[] = []
  let at = from
  const add = (label: string, kind: BarKind, until: number | null, says: string) => {
    if (until === null) return
    const to = Math.min(Math.max(until, at), end)
    bars.push({ label, kind, fromMs: at, toMs: to, says })
    at = to
  }
  add(
    'connect',
    'connect',
    attempt.connectMs === null ? null : from + attempt.connectMs,
    'DNS, TCP and TLS to the provider. No bar: the connection was already open.',
  )
  add(
    'headers',
    'wait',
    attempt.headersMs === null ? null : from + attempt.headersMs,
    'From the request sent until the provider answered with its headers.',
  )
  add('until token', 'token', call.firstTokenMs, 'From the headers until the first event with content.')
  if (call.outcome === 'running')
    add(call.firstTokenMs === null ? 'waiting' : 'streaming', 'running', end, 'Still running.')
  else if (attempt.headersMs !== null)
    add(
      call.stream ? 'stream' : 'body',
      'stream',
      end,
      call.stream ? 'From the first event with content to the last byte.' : 'From the headers to the last byte.',
    )
  else add(call.status === null ? 'no answer' : 'answer', 'wait', end, 'Until the call ended.')
  return bars
}
