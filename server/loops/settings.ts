/** What is done about loops, and from when on: for all calls, and for keys and routes that have rules of their own. */
import { createPolling, type IsPolling } from './polling.ts'
import { DEFAULT_THRESHOLDS, type Thresholds } from './thresholds.ts'

/** Each does what those before it do. */
export const ACTIONS = ['mark', 'alert', 'header', 'throttle', 'block'] as const
export type Action = (typeof ACTIONS)[number]

/** Of one lane; null: no cap. */
export interface Caps {
  calls: number | null
  costNano: number | null
  tokens: number | null
  ms: number | null
}

export interface LoopRules {
  /** `off`: nothing is looked at. */
  action: Action | 'off'
  rules: Thresholds
  caps: Caps
}

export interface LoopSettings extends LoopRules {
  polling: readonly string[]
  /** How long a call of a tripped lane is held back, where it is throttled. */
  throttleMs: number
  /** So long after its last repeat, a tripped lane is let go. */
  releaseMs: number
  keys: Readonly<Record<string, Partial<LoopRules>>>
  routes: Readonly<Record<string, Partial<LoopRules>>>
}

export interface InForce extends LoopRules {
  isPolling: IsPolling
}

/** A key's rules win over its route's, and those over the rules for all. */
export const createInForce = (settings: LoopSettings): ((key: string | null, route: string | null) => InForce) => {
  const isPolling = createPolling(settings.polling)
  const base: InForce = { ...pick(settings), isPolling }
  const known = new Map<string, InForce>()
  return (key, route) => {
    const ofRoute = own(settings.routes, route)
    const ofKey = own(settings.keys, key)
    if (!ofRoute && !ofKey) return base
    const name = JSON.stringify([ofKey && key, ofRoute && route])
    const kept = known.get(name)
    if (kept) return kept
    const made = { ...base, ...ofRoute, ...ofKey }
    known.set(name, made)
    return made
  }
}

const pick = ({ action, rules, caps }: LoopRules): LoopRules => ({ action, rules, caps })

const own = <T>(all: Readonly<Record<string, T>>, name: string | null): T | null =>
  name !== null && Object.hasOwn(all, name) ? all[name]! : null

/** Whether calls with this key or route can be touched on the data path: else nothing is worked out for them there. */
export const acts = (action: Action | 'off'): boolean =>
  action === 'header' || action === 'throttle' || action === 'block'

/** For a recorder that was told nothing. */
export const NO_LOOPS: LoopSettings = {
  action: 'off',
  rules: DEFAULT_THRESHOLDS,
  caps: { calls: null, costNano: null, tokens: null, ms: null },
  polling: [],
  throttleMs: 0,
  releaseMs: 0,
  keys: {},
  routes: {},
}
