/** What a route lets pass of an answer: everything, unless it is a failure and there is somewhere else to go. */
import type { Gate } from './attempt.ts'
import { fromStatus } from './failed.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'
import { createOpening } from './opening.ts'
import { createQuality } from './quality.ts'
import type { Failed, Walk } from './walk.ts'

/** What else the call has, beside the targets that it has not tried. */
export interface Others {
  /** Another try is under way: what this one fails with can wait for it. */
  racing(): boolean
  /** An answer that only a quality rule gave up: better than an error. */
  spare(): boolean
}

export const BROKEN: Failed = { kind: '5xx', status: null, retryAfter: null }
export const FLAWED: Failed = { kind: 'quality', status: 200, retryAfter: null }

/** null: the body flowed by and cannot be sent again, so whatever comes is the answer. */
export function createGate(call: LiveCall, walk: Walk, others: Others, gateway: Gateway): Gate | null {
  if (call.body.kind === 'stream') return null
  const leadsOn = (failed: Failed) => walk.after(failed) !== null || (others.racing() && walk.leadsOn(failed))
  const quality = createQuality(call, gateway)
  const gate: Gate = {
    note: null,
    events: createOpening(call.dialect!),
    whole: (body) => quality!.judge(body),
    head(status, rawHeaders) {
      const failed = fromStatus(status, rawHeaders, gateway.routing.now())
      if (failed) return leadsOn(failed) || others.spare() ? 'keep' : 'pass'
      if (status !== 200) return 'pass'
      if (quality !== null && leadsOn(FLAWED)) {
        gate.note = quality.whyNot(rawHeaders)
        return gate.note === null ? 'judge' : 'pass'
      }
      return call.stream === true && isPlainStream(rawHeaders) && leadsOn(BROKEN) ? 'hold' : 'pass'
    },
  }
  return gate
}

const isPlainStream = (raw: readonly string[]) =>
  (headerOf(raw, 'content-type') ?? '').toLowerCase().startsWith('text/event-stream') &&
  (headerOf(raw, 'content-encoding') ?? 'identity') === 'identity'
