/** The body for one attempt: the buffered bytes, or the client's own stream, journaled piece by piece as it flows by. */
import { Readable } from 'node:stream'
import type { Gateway } from './gateway.ts'
import { record } from './gateway.ts'
import { elapsed, type LiveCall } from './live.ts'

export function requestBody(call: LiveCall, gateway: Gateway, touch: () => void): Buffer | Readable | null {
  if (call.body.kind === 'none') return null
  if (call.body.kind === 'whole') return call.body.bytes
  return Readable.from(flow(call, gateway, call.body.head, touch), { objectMode: false })
}

async function* flow(call: LiveCall, gateway: Gateway, head: Buffer[], touch: () => void): AsyncGenerator<Buffer> {
  for (const chunk of head) yield keep(chunk)
  for await (const chunk of call.incoming as AsyncIterable<Buffer>) {
    touch()
    yield keep(chunk)
  }

  function keep(chunk: Buffer): Buffer {
    void record(call, gateway, 'request', chunk, elapsed(call))
    return chunk
  }
}
