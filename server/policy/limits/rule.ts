/**
 * One amount of one limit, with its counters: a slot for a calendar window, a ring of them for a rolling one. A slot that its
 * window has left is let go and never used again, so whoever still holds it (a call that is not settled yet) changes nothing by
 * giving back what he took.
 */
import { createHash } from 'node:crypto'
import { type Limit, rollingMs, type Unit } from './limit.ts'
import { createScope, type Scopes } from './scope.ts'
import { slotMs, slotOf, SLOTS_SEEN, type Span, type Window, windowAt } from './window.ts'

/** Nano-dollars, tokens, requests or calls at once. */
export interface Slot {
  id: number
  /** Stored calls that this process did not count itself: read from the rows. */
  before: number
  /** Stored calls that it counted. */
  used: number
  /** Estimates of calls that are under way or not stored yet. */
  reserved: number
}

export interface Counter {
  scope: string
  slots: Slot[]
}

export interface Rule {
  /** Counters survive a reload where this stays: (on, name, per, zone, unit). */
  readonly id: string
  /** The id in a few letters, for keys of Redis; the same limit of a key and of weir.yaml are two. */
  readonly digest: string
  readonly limit: Limit
  readonly unit: Unit
  /** In the unit of the slots: cost in nano-dollars. */
  readonly max: number
  readonly source: 'config' | 'key'
  readonly rollingMs: number | null
  /** Null: it counts calls at once, and has no window. */
  readonly span: Span | null
  scopeOf(of: Scopes): string | null
  /** Calls that started before this are counted by their rows alone, all others by this process alone. */
  readonly bornAt: number
  state: RuleState
}

/** What a rule knows; handed on to the one that takes its place. */
export interface RuleState {
  window: Window
  counters: Map<string, Counter>
  /** Rows up to this one are counted in `before`; null: not read yet. */
  upTo: number | null
  bornAt: number
  sweptAt: number
}

const NANO = 1e9
/** Counters beyond which those that count nothing any more are looked for. */
const MANY = 1000

export function createRules(limit: Limit, source: Rule['source'], now: number, old: ReadonlyMap<string, Rule>): Rule[] {
  const ms = rollingMs(limit)
  const per = typeof limit.per === 'object' ? `rolling ${ms}` : (limit.per ?? '')
  const amounts: [Unit, number | undefined][] = [
    ['requests', limit.requests],
    ['tokens', limit.tokens],
    ['cost', limit.cost === undefined ? undefined : Math.round(limit.cost * NANO)],
    ['concurrency', limit.concurrency],
  ]
  return amounts.flatMap(([unit, max]) => {
    if (max === undefined) return []
    const span = unit === 'concurrency' ? null : toSpan(limit, ms)
    const id = JSON.stringify([
      limit.on,
      limit.name ?? null,
      span && per,
      span && ms === null ? limit.zone : null,
      unit,
    ])
    const state = old.get(id)?.state ?? freshState(now)
    return [
      {
        id,
        digest: digest(`${source} ${id}`),
        limit,
        unit,
        max,
        source,
        rollingMs: span && ms,
        span,
        scopeOf: createScope(limit),
        bornAt: state.bornAt,
        state,
      },
    ]
  })
}

export const digest = (text: string): string => createHash('sha1').update(text).digest('base64url').slice(0, 16)

const freshState = (now: number): RuleState => ({
  window: { start: 0, end: 0 },
  counters: new Map(),
  upTo: null,
  bornAt: now,
  sweptAt: now,
})

const toSpan = ({ per, zone }: Limit, ms: number | null): Span =>
  ms === null ? { per: per as Exclude<Limit['per'], object | undefined>, zone } : { rollingMs: ms }

/** A clock that is set back a little stays in the window that it had reached: counting anew would let twice as much through. */
const SET_BACK_MS = 60_000

/** Brings the rule to the window of this moment; counters of an earlier one are gone. */
export function roll(rule: Rule, now: number): void {
  const { state, span } = rule
  if (span === null || (now < state.window.end && now >= state.window.start - SET_BACK_MS)) return
  state.window = windowAt(now, span)
  if (rule.rollingMs === null) {
    state.counters = new Map()
    return
  }
  if (state.counters.size < MANY || now - state.sweptAt < rule.rollingMs / 2) return
  state.sweptAt = now
  const oldest = slotOf(now, rule.rollingMs) - SLOTS_SEEN
  for (const [scope, { slots }] of state.counters)
    if (slots.every(({ id }) => id <= oldest)) state.counters.delete(scope)
}

/** Rolled already. */
export function counterOf(rule: Rule, scope: string): Counter {
  const { counters } = rule.state
  let counter = counters.get(scope)
  if (counter === undefined) {
    if (rule.span === null && counters.size >= MANY) dropIdle(counters)
    counters.set(scope, (counter = { scope, slots: [] }))
  }
  return counter
}

/** Calls at once: nobody runs. */
function dropIdle(counters: Map<string, Counter>): void {
  for (const [scope, { slots }] of counters) if ((slots[0]?.reserved ?? 0) === 0) counters.delete(scope)
}

/** The slot that a moment falls into, in the window of now; null: its window is over. */
export function slotAt(rule: Rule, counter: Counter, at: number): Slot | null {
  const { rollingMs: ms, state } = rule
  if (ms === null) {
    if (rule.span !== null && at < state.window.start) return null
    return (counter.slots[0] ??= emptySlot(0))
  }
  const id = slotOf(at, ms)
  if (id <= slotOf(state.window.end - 1, ms) - SLOTS_SEEN) return null
  const place = id % SLOTS_SEEN
  const there = counter.slots[place]
  if (there?.id === id) return there
  // Never an array with holes: it would be a dictionary.
  while (counter.slots.length < SLOTS_SEEN) counter.slots.push(emptySlot(-1))
  return (counter.slots[place] = emptySlot(id))
}

const emptySlot = (id: number): Slot => ({ id, before: 0, used: 0, reserved: 0 })

export interface Sum {
  used: number
  reserved: number
}

/** All that counts now. */
export function sumOf(rule: Rule, counter: Counter): Sum {
  const { rollingMs: ms, state } = rule
  if (ms === null) {
    const slot = counter.slots[0]
    return slot ? { used: slot.before + slot.used, reserved: slot.reserved } : { used: 0, reserved: 0 }
  }
  const oldest = slotOf(state.window.end - 1, ms) - SLOTS_SEEN
  const sum = { used: 0, reserved: 0 }
  for (const slot of counter.slots) {
    if (slot.id <= oldest) continue
    sum.used += slot.before + slot.used
    sum.reserved += slot.reserved
  }
  return sum
}

/** When `amount` will fit, as far as what counts now leaves the window by itself; null: nobody knows. */
export function freeAt(rule: Rule, counter: Counter, amount: number): number | null {
  const { rollingMs: ms, state } = rule
  if (rule.span === null) return null
  if (ms === null) return state.window.end
  const { used, reserved } = sumOf(rule, counter)
  let excess = used + reserved + amount - rule.max
  const oldest = slotOf(state.window.end - 1, ms) - SLOTS_SEEN
  const alive = counter.slots.filter(({ id }) => id > oldest).sort((a, b) => a.id - b.id)
  for (const slot of alive) {
    excess -= slot.before + slot.used + slot.reserved
    if (excess <= 0) return (slot.id + SLOTS_SEEN) * slotMs(ms)
  }
  // More than the limit has in all: it will not fit ever; by then the window is empty.
  return ((alive.at(-1)?.id ?? slotOf(state.window.end - 1, ms)) + SLOTS_SEEN) * slotMs(ms)
}
