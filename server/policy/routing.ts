/** What routes have learned, in memory: health of targets, rest of credentials, which session is where, which answer came from whom. */
import type { Call } from '../call.ts'
import { createHealth, type Health, learn } from './health.ts'
import { createRecent, type Recent } from './recent.ts'

/** A target, and which of its credentials; null: the client's own, or none. */
export interface Place {
  target: string
  credential: string | null
}

export interface Stay extends Place {
  /** When the session was last seen there. */
  at: number
}

export interface Rest {
  until: number
  why: string
}

/** What a stored call tells routes. */
export type Settled = Pick<Call, 'target' | 'credential' | 'responseId' | 'costNano' | 'usage'>

export interface Routing {
  now(): number
  random(): number
  /** By the target's name; the same target in two routes is one. */
  health(target: string): Health
  /** Lets a credential rest at a target. `credential` as the journal names it, '' for none. */
  rest(target: string, credential: string, rest: Rest): void
  /** null: it may be used. */
  resting(target: string, credential: string): Rest | null
  /** Route and session → where the session is. */
  stays: Recent<Stay>
  /** Id of an answer → who gave it. */
  pins: Recent<Place>
  settled(call: Settled): void
}

export interface RoutingOptions {
  now?: () => number
  random?: () => number
}

/** Twice that are kept at most; an id is about 60 bytes. */
const SESSIONS = 20_000
const ANSWERS = 50_000
/** Credentials of clients may be many; those whose rest is over go first. */
const RESTING = 10_000

export function createRouting({ now = Date.now, random = Math.random }: RoutingOptions = {}): Routing {
  const targets = new Map<string, Health>()
  let resting = new Map<string, Rest>()
  const pins = createRecent<Place>(ANSWERS)

  const health = (target: string): Health => {
    let found = targets.get(target)
    if (!found) targets.set(target, (found = createHealth()))
    return found
  }

  return {
    now,
    random,
    health,
    rest(target, credential, rest) {
      if (resting.size >= RESTING) resting = new Map([...resting].filter(([, { until }]) => until > now()))
      if (resting.size < RESTING) resting.set(`${target} ${credential}`, rest)
    },
    resting(target, credential) {
      if (resting.size === 0) return null
      const found = resting.get(`${target} ${credential}`)
      return found && found.until > now() ? found : null
    },
    stays: createRecent<Stay>(SESSIONS),
    pins,
    settled(call) {
      if (call.target === null) return
      if (call.responseId !== null) pins.set(call.responseId, { target: call.target, credential: call.credential })
      learnPrice(health(call.target), call, now())
    },
  }
}

const TOKENS = ['input', 'cacheRead', 'cacheWrite', 'cacheWrite1h', 'output', 'reasoning'] as const

function learnPrice({ price }: Health, { usage, costNano }: Settled, now: number): void {
  const tokens = TOKENS.reduce((sum, bucket) => sum + (usage?.[bucket] ?? 0), 0)
  if (tokens === 0) return
  if (costNano === null) price.at = now
  else learn(price, costNano / tokens, now)
}
