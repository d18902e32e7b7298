/** A provider's prompt cache that had served a lane and serves less of its next turn, though the beginning was there. */
import type { CacheBreak, Call } from '../call.ts'
import { inputTokens } from '../../db/facts.ts'
import type { Found } from './find.ts'
import type { LastTurn } from './lanes.ts'
import type { Reading } from './reading.ts'

/** Caches work in blocks; less than this is rounding. */
const LEAST = 256
/** Providers promise five minutes at least. */
const LIVES_MS = 5 * 60_000

export function cacheBreakOf(reading: Reading, found: Found | null, latest: LastTurn | null): CacheBreak | null {
  const { call } = reading.turn
  const last = lastOf(reading, found, latest)
  if (!last || last.cacheRead === null || call.usage === null || call.outcome === 'cache_hit') return null
  const now = call.usage.cacheRead ?? 0
  const lost = Math.min(last.cacheRead, inputTokens(call.usage)) - now
  if (lost < Math.max(LEAST, last.cacheRead / 10)) return null
  return { ...whatChanged(reading, last), costNano: costOf(call, last, lost) }
}

/** The turn that this one goes on from; another agent of the same lane may have spoken since. */
function lastOf({ turn, chain }: Reading, found: Found | null, latest: LastTurn | null): LastTurn | null {
  if (!found) return latest && latest.points[0]?.hash === chain.points[0]?.hash ? latest : null
  const { head } = found
  if (latest && (latest.callId === head.callId || found.unseen > 0 || head.kind !== 'answered')) return latest
  const { system, tools, cacheRead, at, callId } = head
  const { model } = turn.call
  return {
    callId,
    points: [],
    messages: head.depth,
    model,
    system,
    tools,
    at,
    cacheRead,
    cacheUnit: null,
    calledTools: false,
  }
}

function whatChanged(reading: Reading, last: LastTurn): Omit<CacheBreak, 'costNano'> {
  const { call } = reading.turn
  if (last.model !== call.model) return { message: null, what: `the model changed from ${last.model} to ${call.model}` }
  if (last.tools !== reading.tools) return { message: null, what: 'the tool definitions changed' }
  if (last.system !== reading.system) return { message: 0, what: 'the system prompt changed' }
  const { points } = reading.chain
  const changed = last.points.findIndex(({ hash }, i) => hash !== points[i]?.hash)
  const at = points[changed]
  if (changed >= 0 && at) {
    return { message: at.depth - 1, what: `message ${at.depth} changed` }
  }
  if (changed >= 0) return { message: null, what: 'the history was cut down' }
  const idle = call.startedAt - last.at
  return idle > LIVES_MS
    ? { message: null, what: `nothing changed: the cache had ${Math.round(idle / 60_000)} minutes to expire` }
    : { message: null, what: 'nothing changed: the provider no longer held it' }
}

/** What was read afresh (or written anew) less what the cache would have asked. */
function costOf(call: Call, last: LastTurn, lost: number): number | null {
  const unit = (bucket: string) => call.costParts?.find((part) => part.bucket === bucket)?.unitNano ?? null
  const fresh = unit('input') ?? unit('cacheWrite')
  const cached = unit('cacheRead') ?? last.cacheUnit
  return fresh === null || cached === null ? null : Math.round(lost * (fresh - cached))
}
