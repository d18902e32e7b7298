/** The body for one attempt: the buffered bytes, or the client's own stream, journaled piece by piece as it flows by. */
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { WeirError } from '../errors.ts'
import type { Gateway } from './gateway.ts'
import { record } from './gateway.ts'
import { elapsed, type LiveCall } from './live.ts'

export function requestBody(call: LiveCall, gateway: Gateway, touch: () => void): Buffer | Readable | null {
  if (call.body.kind === 'none') return null
  if (call.body.kind === 'whole') return call.body.bytes
  return Readable.from(flow(call, gateway, call.body.head, touch), { objectMode: false })
}

/** While it waits for the client, the client's own deadline counts: a stalled upload is no fault of the provider's. */
async function* flow(call: LiveCall, gateway: Gateway, head: Buffer[], touch: () => void): AsyncGenerator<Buffer> {
  const { headTimeout } = call.rules.config.ingress
  const deadline = {
    place: -1,
    at: Number.POSITIVE_INFINITY,
    expire: () =>
      call.abort?.(
        new WeirError(
          'request_timeout',
          `No byte of the request body came for ${headTimeout / 1000} s (ingress.headTimeout); ${call.request.bytes} bytes had come until then.`,
        ),
      ),
  }
  const keep = (chunk: Buffer): Buffer => {
    deadline.at = Number.POSITIVE_INFINITY
    touch()
    void record(call, gateway, 'request', chunk, elapsed(call))
    return chunk
  }
  gateway.deadlines.add(deadline)
  try {
    for (const chunk of head) yield keep(chunk)
    deadline.at = performance.now() + headTimeout
    for await (const chunk of call.incoming as AsyncIterable<Buffer>) {
      yield keep(chunk)
      deadline.at = performance.now() + headTimeout
    }
  } finally {
    gateway.deadlines.remove(deadline)
  }
}
