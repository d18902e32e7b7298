/** Where one call belongs, said of what is known when it is placed. The order of the sources is that of docs/sessions.md. */
import type { Mark } from '../call.ts'
import { looksRetold, textOf } from './aside.ts'
import { isSystem } from './canonical.ts'
import type { Found } from './find.ts'
import { keyOf, type Head } from './head.ts'
import type { Heads } from './heads.ts'
import type { Lanes, LastTurn } from './lanes.ts'
import type { Reading } from './reading.ts'

export interface Place {
  sessionId: string | null
  source: string | null
  lane: string | null
  parentId: string | null
  turn: number | null
  newFrom: number | null
  mark: Mark | null
}

/** Characters of a system prompt's hash that name a lane. */
const LANE = 8
/** A history is taken for cut down when it was at least so long, and is now less than half of it. */
const LONG = 8

export const toPlace = (reading: Reading, found: Found | null, heads: Heads, lanes: Lanes): Place => {
  if (found) return goingOn(reading, found, lanes)
  const { declared, previous, retold, trace, turn } = reading
  if (declared) return inSession(reading, declared.id, declared.source, lanes)
  const before = latest(heads, previous && keyOf('response', previous))
  if (before) return afterHead(reading, before, 'previous_response_id', lanes)
  const summed = retold.map((hash) => latest(heads, keyOf('summary', hash))).find((head) => head !== null)
  if (summed) return { ...afterHead(reading, summed, HISTORY, lanes), newFrom: 0, mark: 'compacted' }
  const traced = latest(heads, trace && keyOf('trace', trace))
  if (traced && traced.callId !== turn.call.id) return inSession(reading, traced.sessionId, 'traceparent', lanes)
  // Housekeeping starts no session, nor does what is no conversation.
  if (reading.aside || reading.chain.points.length === 0) return nowhere(turn.call)
  return started(reading, `s-${turn.call.id}`, HISTORY)
}

/** As the API says it. */
export const HISTORY = 'message history'
/** What it says of itself stays. */
const nowhere = ({ lane, parentId }: Reading['turn']['call']): Place => ({
  sessionId: null,
  source: null,
  lane,
  parentId,
  turn: null,
  newFrom: null,
  mark: null,
})

const latest = (heads: Heads, hash: string | null): Head | null =>
  hash === null ? null : (heads.find(hash).at(-1) ?? null)

function goingOn(reading: Reading, found: Found, lanes: Lanes): Place {
  const { head, how } = found
  const place = afterHead(reading, head, reading.declared?.source ?? HISTORY, lanes)
  const mark = markOf(reading, found)
  if (how === 'goes on' || place.lane !== head.lane) return { ...place, newFrom: found.depth, mark }
  const parentId = reading.turn.call.parentId ?? found.before?.callId ?? null
  return { ...place, parentId, turn: place.turn === null ? null : head.turn, newFrom: found.depth, mark }
}

function markOf({ chain }: Reading, { head, how, unseen }: Found): Mark | null {
  if (how === 'regenerated') return 'regenerated'
  if (how === 'retry') return null
  if (unseen > 0) return head.continued ? 'edited' : null
  return head.continued && head.kind === 'answered' && chain.points.length > 0 ? 'branch' : null
}

function afterHead(reading: Reading, head: Head, source: string, lanes: Lanes): Place {
  const { call } = reading.turn
  const sessionId = reading.declared?.id ?? head.sessionId
  const forked = head.continued && reading.system !== null && head.system !== reading.system
  const lane = call.lane ?? (forked ? reading.system!.slice(0, LANE) : head.lane)
  const turn = lane === head.lane && head.turn !== null ? head.turn + 1 : lanes.get(sessionId, lane).lastTurn + 1
  return {
    sessionId,
    source,
    lane,
    parentId: call.parentId ?? head.callId,
    turn: reading.aside ? null : turn,
    newFrom: systemDepth(reading),
    mark: null,
  }
}

/** A session that is known by its name: the history does not go on from any call of it. */
function inSession(reading: Reading, sessionId: string, source: string, lanes: Lanes): Place {
  const place = started(reading, sessionId, source)
  if (place.newFrom === null) return place
  const { last, lastTurn } = lanes.get(sessionId, place.lane)
  const compacted = last !== null && isCutDown(reading, last)
  return {
    ...place,
    turn: place.turn === null ? null : lastTurn + 1,
    parentId: place.parentId ?? (compacted ? last.callId : spawner(sessionId, place, lanes)),
    mark: compacted ? 'compacted' : null,
  }
}

/** An agent that begins inside a session was started by a tool call of another one. */
function spawner(sessionId: string, place: Place, lanes: Lanes): string | null {
  const latestTurn = lanes.latest(sessionId)
  return latestTurn && latestTurn.last.calledTools && latestTurn.lane !== place.lane ? latestTurn.last.callId : null
}

function isCutDown({ request }: Reading, last: LastTurn): boolean {
  const messages = request?.messages ?? []
  if (last.messages < LONG || messages.length * 2 >= last.messages) return false
  return messages.slice(0, 6).some((message) => !isSystem(message) && looksRetold(textOf(message)))
}

function started({ turn: { call }, chain, system, aside }: Reading, sessionId: string, source: string): Place {
  const isTurn = chain.points.length > 0
  return {
    sessionId,
    source,
    lane: call.lane ?? (isTurn ? (system?.slice(0, LANE) ?? null) : null),
    parentId: call.parentId,
    turn: isTurn && !aside ? 1 : null,
    newFrom: isTurn ? 0 : null,
    mark: null,
  }
}

const systemDepth = ({ request }: Reading): number => {
  const messages = request?.messages ?? []
  const first = messages.findIndex((message) => !isSystem(message))
  return first < 0 ? messages.length : first
}
