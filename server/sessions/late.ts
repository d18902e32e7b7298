/**
 * Heads that come after what goes on from them: calls end in another order than they began, and several Weirs write. Whoever held
 * an answer in its history that nobody had seen is put behind the call that gave it, with all that went on from there.
 */
import type { Call } from '../call.ts'
import type { Move, Placed, ThreadStore } from '../../db/store.ts'
import { keyOf, pksOf, type Head } from './head.ts'
import type { Heads } from './heads.ts'
import type { Reading } from './reading.ts'

/** Calls of one session that are looked through. */
const LOOKED_THROUGH = 5000

export interface Changes {
  /** Calls of this batch, by id. */
  own: Map<string, Call>
  moves: Map<string, Move>
  /** Heads that are new or changed. */
  heads: Map<string, Head>
  released: Set<string>
}

/** Puts what waited for this call's answer behind it. */
export async function catchUp(reading: Reading, heads: Heads, store: ThreadStore, changes: Changes): Promise<void> {
  const { call } = reading.turn
  if (call.sessionId === null || reading.aside) return
  for (const hash of reading.chain.answered) {
    const waiting = heads.find(keyOf('wanted', hash)).filter((head) => head.callId !== call.id)
    for (const wanted of waiting) await relink(wanted, call, heads, store, changes)
  }
}

async function relink(wanted: Head, behind: Call, heads: Heads, store: ThreadStore, changes: Changes): Promise<void> {
  const calls = await callsOf(wanted.sessionId, store, changes)
  const moved = calls.get(wanted.callId)
  if (!moved || behind.sessionId === null) return
  // It had taken this call's place behind the call before.
  if (behind.mark === 'branch' && moved.parentId === behind.parentId) behind.mark = null
  const going =
    moved.sessionId === behind.sessionId || moved.sessionId !== `s-${moved.id}`
      ? behindOf(moved, calls)
      : [...calls.values()]
  if (going.some(({ id }) => id === behind.id)) return
  const shift = (behind.turn ?? 0) + 1 - (moved.turn ?? 1)
  const lane = moved.lane
  for (const one of going) {
    const isFirst = one.id === moved.id
    await put(
      {
        callId: one.id,
        sessionId: behind.sessionId,
        sessionSource: one.sessionSource ?? behind.sessionSource,
        parentId: isFirst ? behind.id : one.parentId,
        lane: one.lane === lane ? behind.lane : one.lane,
        turn: one.turn !== null && one.lane === lane ? one.turn + shift : one.turn,
        newFrom: isFirst ? wanted.depth : one.newFrom,
        mark: isFirst && one.mark === 'edited' ? null : one.mark,
      },
      heads,
      store,
      changes,
    )
  }
  for (const head of heads.of(wanted.callId).filter(({ kind, depth }) => kind === 'wanted' && depth <= wanted.depth)) {
    heads.remove(head)
    changes.heads.delete(head.pk)
    changes.released.add(head.pk)
  }
}

/** The session as it is now: in the database, changed by moves, and the calls of this batch. */
async function callsOf(sessionId: string, store: ThreadStore, { own, moves }: Changes): Promise<Map<string, Placed>> {
  const calls = new Map<string, Placed>()
  for (const row of await store.callsOf(sessionId, LOOKED_THROUGH)) {
    const move = moves.get(row.id)
    if (!own.has(row.id) && (move?.sessionId ?? sessionId) === sessionId) calls.set(row.id, { ...row, ...move })
  }
  for (const [id, move] of moves) if (move.sessionId === sessionId && !own.has(id)) calls.set(id, { ...move, id })
  for (const [id, call] of own) if (call.sessionId === sessionId) calls.set(id, call)
  return calls
}

/** A call and all that goes on from it. */
function behindOf(first: Placed, calls: ReadonlyMap<string, Placed>): Placed[] {
  const children = Map.groupBy(calls.values(), ({ parentId }) => parentId)
  const all = [first]
  for (const one of all) for (const child of children.get(one.id) ?? []) if (!all.includes(child)) all.push(child)
  return all
}

async function put(move: Move, heads: Heads, store: ThreadStore, changes: Changes): Promise<void> {
  const own = changes.own.get(move.callId)
  if (own) {
    const { callId: _, ...place } = move
    Object.assign(own, place)
  } else changes.moves.set(move.callId, move)
  const kept = heads.of(move.callId)
  const all = kept.length > 0 ? kept : await store.headsOf(pksOf(move.callId))
  for (const head of all) {
    head.sessionId = move.sessionId!
    head.lane = move.lane
    head.turn = head.turn === null ? null : move.turn
    if (!changes.released.has(head.pk)) changes.heads.set(head.pk, head)
  }
}
