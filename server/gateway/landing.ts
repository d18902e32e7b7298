/** What the cache has of a call at its end: what the log says of it, and whether its answer came whole. */
import type { CacheNote } from '../journal/entry.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import { elapsed, type LiveCall } from './live.ts'

/** Before the journal's `end`: the answer was read to its end for others, although the client that asked for it had left. */
export function noteGone(call: LiveCall): void {
  if (!call.clientGone || call.answered?.outcome !== 'ok') return
  const errorMessage = 'The client left. The answer was read to its end, because other calls shared it.'
  call.answered = { ...call.answered, outcome: 'client_abort', errorCode: 'client_gone', errorMessage }
}

/** After the response has ended: the answer is whole, or will never be. */
export function land(call: LiveCall, gateway: Gateway): void {
  const flight = call.cache!.flight!
  if (call.clientGone) call.remainder?.()
  if (call.trailers || !hasDeclaredLength(flight)) flight.storable = false
  const broken = call.answered?.errorMessage ?? 'the connection to the provider broke'
  gateway.cache.land(flight, call.ending.kind === 'end' ? null : broken)
}

const hasDeclaredLength = ({ headers, bytes }: { headers: string[]; bytes: number }): boolean => {
  const declared = headerOf(headers, 'content-length')
  return declared === null || Number(declared) === bytes
}

/** For the journal, which says nothing of it where there is nothing to say. */
export const toCacheNote = (call: LiveCall): CacheNote | undefined => {
  if (!call.cache) return undefined
  const { state, why, from, savedNano, savedMs, headers } = call.cache
  return {
    state,
    why,
    from,
    savedNano,
    savedMs: savedMs === null ? null : Math.max(0, savedMs - elapsed(call)),
    headers,
  }
}
