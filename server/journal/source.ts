/**
 * One writer's journal as a row of finished calls. Open calls are kept as references to their entries; a call comes out
 * when its `end` is read, or without one when the process that wrote it is gone.
 */
import type { OpenStart } from '../../db/store.ts'
import type { JournaledCall, Position } from './entry.ts'
import { toCallId, toCallKey } from './format.ts'
import { gatherCall } from './gather.ts'
import { createWriterReader } from './read.ts'
import type { EntryRef, ReaderCounters } from './read.ts'
import type { Refs, RefStore } from './refs.ts'

interface OpenCall extends OpenStart {
  callKey: string
  incarnation: string | null
  refs: Refs
  bytes: number
}

/** What must not be deleted once this state is committed. */
export interface Hold extends Position {
  /** Segments with entries of open calls. */
  pinned: number[]
}

/** A batch in the making. */
export interface Basket {
  calls: JournaledCall[]
  bytes: number
  maxCalls: number
  maxBytes: number
}

export interface Source {
  /** Puts finished calls into the basket; true when it was full and more may follow. */
  take(basket: Basket): boolean
  /** Whether it has read or given anything since it was made. */
  moved(): boolean
  position(): Position
  open(): OpenStart[]
  hold(): Hold
  counters(): ReaderCounters & { orphans: number }
  close(): void
}

export interface SourceOptions {
  dir: string
  writer: string
  /** null: a writer that was never read. */
  from: Position | null
  /** Calls that were open at that position. */
  open: OpenStart[]
  refs: RefStore
  /** Whether the process that holds the writer's folder lives. */
  alive(): boolean
  /** A living writer is asked for at most this often (it costs about 0.1 ms). */
  aliveEveryMs: number
}

const isBefore = (a: { segment: number; offset: number }, b: { segment: number; offset: number }): boolean =>
  a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset)

const fits = (basket: Basket, bytes: number): boolean =>
  basket.calls.length === 0
    ? basket.maxCalls > 0
    : basket.calls.length < basket.maxCalls && basket.bytes + bytes <= basket.maxBytes

export const createSource = ({
  dir,
  writer,
  from,
  open: restored,
  refs,
  alive,
  aliveEveryMs,
}: SourceOptions): Source => {
  /** By call key. */
  const open = new Map<string, OpenCall>()
  /** How many open calls have entries in a segment. */
  const users = new Map<number, number>()
  const interrupted: OpenCall[] = []
  let incarnation: string | null = null
  let finalSegment = -1
  let askedAt = -Infinity
  let orphans = 0
  let moved = false

  const addRef = (call: OpenCall, ref: EntryRef): void => {
    if (call.refs.segments().at(-1) !== ref.segment) users.set(ref.segment, (users.get(ref.segment) ?? 0) + 1)
    call.refs.add(ref)
    call.bytes += ref.size
  }

  const note = (ref: EntryRef, writtenBy: string | null): void => {
    const { callKey, segment, offset, startedAt } = ref
    let call = open.get(callKey)
    if (!call && ref.kind === 'start') {
      const place = { writer, callId: toCallId(callKey), segment, offset, startedAt }
      call = { ...place, callKey, incarnation: writtenBy, refs: refs.create(), bytes: 0 }
      open.set(callKey, call)
    }
    if (call) addRef(call, ref)
    else orphans++
  }

  const forget = (call: OpenCall): void => {
    for (const segment of call.refs.segments()) {
      const left = users.get(segment)! - 1
      if (left > 0) users.set(segment, left)
      else users.delete(segment)
    }
    call.refs.free()
    open.delete(call.callKey)
  }

  const give = (call: OpenCall, basket: Basket): void => {
    const gathered = gatherCall(reader, call.callId, call.refs.all())
    if (gathered) basket.calls.push(gathered)
    else orphans++
    basket.bytes += call.bytes
    moved = true
    forget(call)
  }

  /** Finds the entries again of calls that were open at the position. What ended before it is done with. */
  const restore = (): void => {
    const first = restored.reduce<OpenStart | null>((a, b) => (a && isBefore(a, b) ? a : b), null)
    if (!first || !from) return
    const wanted = new Set(restored.map(({ callId }) => toCallKey(callId)))
    const again = createWriterReader({ dir, writer, from: first, again: true })
    for (let ref = again.next(() => true); ref && isBefore(ref, from); ref = again.next(() => true))
      if (wanted.has(ref.callKey)) note(ref, again.incarnation())
    again.close()
    orphans = 0
  }

  const isFinal = (segment: number): boolean => {
    if (segment === finalSegment) return true
    const now = performance.now()
    if (now - askedAt < aliveEveryMs) return false
    askedAt = now
    if (alive()) return false
    finalSegment = segment
    return true
  }

  const interrupt = (isOver: (call: OpenCall) => boolean): void => {
    for (const call of open.values()) if (isOver(call)) interrupted.push(call)
  }

  /** Another process has taken the folder over: what the earlier one left open will not go on. */
  const watchIncarnation = (): void => {
    const current = reader.incarnation()
    if (current === null || current === incarnation) return
    incarnation = current
    interrupt((call) => call.incarnation !== current)
  }

  const giveInterrupted = (basket: Basket): boolean => {
    while (interrupted.length > 0) {
      if (!fits(basket, interrupted[0]!.bytes)) return false
      give(interrupted.shift()!, basket)
    }
    return true
  }

  const take = (basket: Basket): boolean => {
    for (;;) {
      if (!giveInterrupted(basket)) return true
      const ref = reader.next(isFinal)
      watchIncarnation()
      if (ref) {
        const call = ref.kind === 'end' ? open.get(ref.callKey) : undefined
        if (call && !fits(basket, call.bytes + ref.size)) {
          reader.back(ref)
          return true
        }
        moved = true
        note(ref, incarnation)
        if (call) give(call, basket)
      } else if (interrupted.length === 0) {
        if (open.size === 0 || reader.position().segment !== finalSegment) return false
        interrupt(() => true)
      }
    }
  }

  restore()
  const reader = createWriterReader({ dir, writer, from })

  return {
    take,
    moved: () => moved,
    position: () => reader.position(),
    open: () =>
      [...open.values()].map(({ callId, segment, offset, startedAt }) => ({
        writer,
        callId,
        segment,
        offset,
        startedAt,
      })),
    hold: () => ({ ...reader.position(), pinned: [...users.keys()] }),
    counters: () => ({ ...reader.counters(), orphans }),
    close: () => reader.close(),
  }
}
