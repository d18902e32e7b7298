/**
 * Step `thread`: finds the session of each call, in the order in which they are recorded. Reads the database once a batch, for what
 * memory does not know; what a batch adds is in memory at once and in the database with the calls.
 */
import type { Call } from '../call.ts'
import type { SessionWrites, ThreadStore } from '../../db/store.ts'
import { cacheBreakOf } from './cache-break.ts'
import type { Hasher } from './chain.ts'
import { find, isKnown, type Found } from './find.ts'
import { keyOf, MOST, pkOf, type Head, type HeadKind } from './head.ts'
import { createHeads } from './heads.ts'
import { createLanes } from './lanes.ts'
import { catchUp, type Changes } from './late.ts'
import { toPlace } from './place.ts'
import { questions, read, type Reading } from './reading.ts'
import type { Turn } from './turn.ts'

export interface Threader {
  /** Sets session, lane, parent and turn of the calls of one batch, in this order. Not to be called again before it is done. */
  place(turns: readonly Turn[]): Promise<SessionWrites>
}

export interface ThreaderDeps {
  store: ThreadStore
  hasher: Hasher
  /** Smaller in tests: calls whose heads are kept in memory, twice. */
  calls?: number
}

export const createThreader = ({ store, hasher, calls }: ThreaderDeps): Threader => {
  const heads = createHeads(calls)
  const lanes = createLanes()

  /** A head in memory may be newer than the row: it is part of this batch, or was moved. */
  const recall = async (readings: readonly Reading[]) => {
    const hashes = new Set<string>()
    for (const reading of readings) {
      const asked = questions(reading)
      if (isKnown(heads, reading)) for (const hash of asked) if (hash.startsWith('w')) hashes.add(hash)
      if (!isKnown(heads, reading)) for (const hash of asked) hashes.add(hash)
    }
    if (hashes.size > 0)
      for (const row of await store.heads([...hashes])) {
        if (!heads.of(row.callId).some(({ pk }) => pk === row.pk)) heads.add(row)
      }
    const named = new Set(
      readings.flatMap(({ declared }) => (declared && !lanes.has(declared.id) ? [declared.id] : [])),
    )
    if (named.size === 0) return
    const rows = Map.groupBy(await store.lanes([...named]), ({ sessionId }) => sessionId)
    for (const id of named) lanes.learn(id, rows.get(id) ?? [])
  }

  const placeOne = async (reading: Reading, changes: Changes, continued: Set<string>) => {
    const { turn, chain } = reading
    const { call } = turn
    const found = chain.points.length > 0 ? find(heads, reading) : null
    const own = heads.of(call.id).find(({ kind }) => kind !== 'wanted')
    const place = toPlace(reading, found, heads, lanes)
    call.sessionId = place.sessionId
    call.sessionSource = place.source
    call.lane = place.lane
    call.parentId = place.parentId
    call.turn = place.turn
    call.newFrom = turn.newFrom = place.newFrom ?? 0
    if (place.newFrom === null) call.newFrom = null
    call.mark = turn.mark = place.mark
    // Stored again: where it was put the first time others may have followed it.
    if (own && !reading.declared && place.sessionId !== null) {
      call.sessionId = own.sessionId
      call.lane = own.lane
      call.turn = own.turn ?? call.turn
    }
    if (found && !reading.aside && !found.head.continued) {
      found.head.continued = true
      continued.add(found.head.pk)
    }
    if (call.sessionId === null) return
    learn(reading, found)
    for (const head of headsOf(reading, found)) {
      heads.add(head)
      changes.heads.set(head.pk, head)
    }
    await catchUp(reading, heads, store, changes)
    turn.mark = call.mark
  }

  const learn = (reading: Reading, found: Found | null) => {
    const { turn, chain, system, tools, request } = reading
    const { call } = turn
    if (call.turn === null || call.sessionId === null) return
    const state = lanes.get(call.sessionId, call.lane)
    state.lastTurn = Math.max(state.lastTurn, call.turn)
    if (reading.failed) return
    call.cacheBreak = cacheBreakOf(reading, found, state.last)
    state.last = {
      callId: call.id,
      points: chain.points,
      messages: request?.messages.length ?? 0,
      model: call.model,
      system,
      tools,
      at: call.startedAt,
      cacheRead: call.usage && (call.usage.cacheRead ?? 0),
      cacheUnit:
        call.costParts?.find(({ bucket }) => bucket === 'cacheRead')?.unitNano ?? state.last?.cacheUnit ?? null,
      calledTools: call.toolCalls.length > 0,
    }
  }

  return {
    place: async (turns) => {
      const readings = turns.map((turn) => read(hasher, turn))
      await recall(readings)
      const changes: Changes = {
        own: new Map(turns.map(({ call }) => [call.id, call])),
        moves: new Map(),
        heads: new Map(),
        released: new Set(),
      }
      const continued = new Set<string>()
      for (const reading of readings) await placeOne(reading, changes, continued)
      heads.rest()
      return {
        heads: [...changes.heads.values()].map((head) => ({ ...head })),
        continued: [...continued].filter((pk) => !changes.heads.has(pk)),
        released: [...changes.released],
        moves: [...changes.moves.values()],
      }
    },
  }
}

/** What later calls find this one by. */
function headsOf(reading: Reading, found: Found | null): Head[] {
  const { turn, chain, system, tools, failed, aside, response, trace, summary } = reading
  const { call } = turn
  const heads: Head[] = []
  const add = (kind: HeadKind, hashes: readonly string[], depth: (n: number) => number) => {
    for (const [n, hash] of hashes.slice(0, MOST[kind]).entries())
      heads.push(toHead(call, { kind, n, hash: keyOf(kind, hash), depth: depth(n), system, tools }))
  }
  const last = chain.points.at(-1)
  const depth = () => last?.depth ?? 0
  if (response) add('response', [response], depth)
  if (trace) add('trace', [trace], depth)
  if (summary.length > 0) add('summary', summary, depth)
  if (aside || !last) return heads
  add(failed ? 'failed' : 'asked', last.spoken ? [] : [last.hash], depth)
  if (!failed) add('answered', chain.answered, depth)
  const known = found?.depth ?? 0
  const unseen = chain.points.filter((point) => point.spoken && point.depth > known)
  const wanted = [...unseen.slice(0, -4).slice(0, 2), ...unseen.slice(-4)]
  add(
    'wanted',
    wanted.map(({ hash }) => hash),
    (n) => wanted[n]!.depth,
  )
  return heads
}

interface Made extends Pick<Head, 'hash' | 'depth' | 'system' | 'tools'> {
  kind: HeadKind
  n: number
}

const toHead = (call: Call, { kind, n, hash, depth, system, tools }: Made): Head => ({
  pk: pkOf(call.id, kind, n),
  hash,
  callId: call.id,
  kind,
  sessionId: call.sessionId!,
  lane: call.lane,
  turn: call.turn,
  depth,
  system,
  tools,
  cacheRead: call.usage && (call.usage.cacheRead ?? 0),
  at: call.startedAt,
  continued: false,
})
