/** Exactly once, however the call ended: the journal's `end`, then the response ends. No other place ends a response. */
import type { EndMeta } from '../journal/entry.ts'
import { land, noteGone, toCacheNote } from './landing.ts'
import { type Gateway, record } from './gateway.ts'
import { elapsed, type LiveCall } from './live.ts'
import { start } from './start.ts'

export async function finish(call: LiveCall, gateway: Gateway): Promise<void> {
  if (call.cache?.flight) noteGone(call)
  if (isCall(call)) {
    if (!call.journaled) await start(call, gateway)
    if (call.ending.kind === 'whole') void record(call, gateway, 'response', call.ending.body, elapsed(call))
    const recorded = await gateway.journal.end(call.id, toEndMeta(call))
    // Before the client sees the end: its next call may be a moment away.
    if (call.reservation !== null) gateway.ledger.finish(call.reservation, recorded)
  }
  // A journal that keeps nothing any more answers `end` at once, while pieces still wait for their write.
  await call.delivered
  gateway.buffered.bytes -= call.held
  gateway.running.remove(call)
  try {
    endResponse(call)
  } catch {
    // Such as a trailer that Node refuses: the process must outlive any answer, and this one cannot end cleanly.
    call.outgoing.destroy()
  }
  if (call.cache?.flight) land(call, gateway)
}

/** A stray GET (a browser's /favicon.ico, a scanner) is answered, but it is no call. */
const isCall = (call: LiveCall) =>
  call.provider !== null || call.address?.provider === null || !['GET', 'HEAD'].includes(call.incoming.method!)

export function toEndMeta(call: LiveCall): EndMeta {
  const answered = call.answered!
  return {
    outcome: answered.outcome,
    status: answered.status,
    errorCode: answered.errorCode,
    errorMessage: answered.errorMessage,
    durationMs: elapsed(call),
    overheadMs: call.attempts.length > 0 ? call.overheadMs : null,
    requestBytes: call.request.bytes,
    responseBytes: call.response.bytes,
    requestSha256: call.request.sha256(),
    responseSha256: call.response.sha256(),
    truncated: call.request.truncated || call.response.truncated || call.incomplete !== null,
    changes: call.changes,
    hint: call.hint,
    trailers: call.trailers,
    incomplete: call.incomplete,
    cache: toCacheNote(call),
  }
}

function endResponse(call: LiveCall): void {
  const { outgoing, ending } = call
  if (ending.kind === 'destroy' || call.clientGone) return void outgoing.destroy()
  if (ending.kind === 'whole') {
    // A body that nobody will read must not hold the connection: close it after the answer.
    const unread = call.body.kind === 'stream' || !call.incoming.complete
    outgoing.writeHead(ending.status, unread ? [...ending.headers, 'connection', 'close'] : ending.headers)
    return void outgoing.end(ending.body)
  }
  call.remainder?.()
  if (call.trailers) outgoing.addTrailers(pairs(call.trailers))
  outgoing.end(ending.kind === 'tail' ? ending.body : undefined)
}

const pairs = (raw: string[]): [string, string][] =>
  Array.from({ length: raw.length / 2 }, (_, i) => [raw[i * 2]!, raw[i * 2 + 1]!])
