/** Where a counter stands in Redis, by the same windows as in memory; and what was read there as the counter that refusals explain. */
import { type Counter, digest, type Rule, type Slot } from './rule.ts'
import { slotMs, slotOf, SLOTS_SEEN } from './window.ts'

export interface Place {
  kind: 'calendar' | 'rolling' | 'lease'
  key: string
  index: string
  /** Of a rolling window; '' else. */
  slot: string
  /** Slots up to this one have left the window. */
  oldest: number
  /** Milliseconds after which nobody asks for it any more. */
  life: number
  scope: string
}

/** One hash tag for all keys of limits, so that a script's keys are in one place wherever they are. */
const PREFIX = 'weir:{limits}'
/** Clocks that are set back a little stay in their window, and settling may come late. */
const SLACK_MS = 90_000
export const LEASE_MS = 30_000
/** Of the key that leases stand in. */
export const LEASE_LIFE_MS = 2 * LEASE_MS + SLACK_MS

export const holdKey = (callId: string): string => `${PREFIX}:h:${callId}`

export const indexKey = (rule: Rule): string => `${PREFIX}:x:${rule.digest}`

/** `rule` is rolled already. null: the window of `at` is over. */
export function placeOf(rule: Rule, scope: string, at: number, now: number): Place | null {
  const { window } = rule.state
  const base = `${PREFIX}:n:${rule.digest}:${digest(scope)}`
  const index = indexKey(rule)
  if (rule.span === null) return { kind: 'lease', key: base, index, slot: '', oldest: 0, life: LEASE_LIFE_MS, scope }
  const ms = rule.rollingMs
  if (ms === null) {
    if (at < window.start) return null
    const life = Math.max(0, window.end - now) + SLACK_MS
    return { kind: 'calendar', key: `${base}:${window.start}`, index, slot: '', oldest: 0, life, scope }
  }
  const oldest = slotOf(window.end - 1, ms) - SLOTS_SEEN
  const slot = slotOf(at, ms)
  if (slot <= oldest) return null
  const life = (SLOTS_SEEN + 1) * slotMs(ms) + SLACK_MS
  return { kind: 'rolling', key: base, index, slot: String(slot), oldest, life, scope }
}

/** `parts` as the scripts answer them: {used, reserved}, {slot + u or r, amount, …} or {calls}. */
export function toCounter({ kind, scope, oldest }: Place, parts: readonly (string | null)[]): Counter {
  if (kind === 'lease') return { scope, slots: [toSlot(0, 0, Number(parts[0] ?? 0))] }
  if (kind === 'calendar') return { scope, slots: [toSlot(0, Number(parts[0] ?? 0), Number(parts[1] ?? 0))] }
  const slots = new Map<number, Slot>()
  for (let i = 0; i < parts.length; i += 2) {
    const id = Number(parts[i]!.slice(0, -1))
    if (id <= oldest) continue
    const slot = slots.get(id) ?? toSlot(id, 0, 0)
    slots.set(id, slot)
    slot[parts[i]!.endsWith('u') ? 'used' : 'reserved'] += Number(parts[i + 1])
  }
  return { scope, slots: [...slots.values()] }
}

const toSlot = (id: number, used: number, reserved: number): Slot => ({ id, before: 0, used, reserved })
