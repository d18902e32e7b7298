/** What a route lets pass of an answer: everything, unless it is a failure and there is somewhere else to go. */
import type { Gate } from './attempt.ts'
import { fromStatus } from './failed.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'
import { createOpening } from './opening.ts'
import type { Walk } from './walk.ts'

/** null: the body flowed by and cannot be sent again, so whatever comes is the answer. */
export function createGate(call: LiveCall, walk: Walk, { routing }: Gateway): Gate | null {
  if (call.body.kind === 'stream') return null
  return {
    events: createOpening(call.dialect!),
    head(status, rawHeaders) {
      const failed = fromStatus(status, rawHeaders, routing.now())
      if (failed) return walk.after(failed) ? 'keep' : 'pass'
      if (status !== 200 || call.stream !== true || !isPlainStream(rawHeaders)) return 'pass'
      return walk.after({ kind: '5xx', status: null, retryAfter: null }) ? 'hold' : 'pass'
    },
  }
}

const isPlainStream = (raw: readonly string[]) =>
  (headerOf(raw, 'content-type') ?? '').toLowerCase().startsWith('text/event-stream') &&
  (headerOf(raw, 'content-encoding') ?? 'identity') === 'identity'
