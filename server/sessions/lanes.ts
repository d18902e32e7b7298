/** What is remembered of each lane between its calls: how far it is, and what its provider's prompt cache held. Bounded. */
import type { LaneRow } from '../../db/tables.ts'
import type { Point } from './chain.ts'

export interface LaneState {
  lastTurn: number
  /** Of the latest turn; null: not seen since the start. */
  last: LastTurn | null
}

export interface LastTurn {
  callId: string
  points: readonly Point[]
  messages: number
  model: string | null
  system: string | null
  tools: string | null
  at: number
  cacheRead: number | null
  /** Nano-dollars for a token from the cache. */
  cacheUnit: number | null
  calledTools: boolean
}

export interface Lanes {
  get(sessionId: string, lane: string | null): LaneState
  /** False: the database may know of its turns. */
  has(sessionId: string): boolean
  learn(sessionId: string, rows: readonly LaneRow[]): void
  /** The latest turn of any lane of a session. */
  latest(sessionId: string): { lane: string | null; last: LastTurn } | null
}

/** Sessions a generation; a conversation of 1,000 messages takes 100 kB here. */
const SESSIONS = 2000
const POINTS = 500_000

type Session = Map<string | null, LaneState>

export const createLanes = (sessions = SESSIONS, points = POINTS): Lanes => {
  let young = new Map<string, Session>()
  let old = new Map<string, Session>()
  let held = 0

  const find = (id: string): Session | undefined => {
    const fresh = young.get(id)
    if (fresh) return fresh
    const kept = old.get(id)
    if (kept) put(id, kept)
    return kept
  }
  const put = (id: string, session: Session): Session => {
    if (young.size >= sessions || held > points) {
      old = young
      young = new Map()
      held = 0
    }
    for (const { last } of session.values()) held += last?.points.length ?? 0
    young.set(id, session)
    return session
  }

  return {
    has: (id) => find(id) !== undefined,
    get: (id, lane) => {
      const session = find(id) ?? put(id, new Map())
      const state = session.get(lane) ?? { lastTurn: 0, last: null }
      session.set(lane, state)
      return state
    },
    learn: (id, rows) => {
      const session = find(id) ?? put(id, new Map())
      for (const { lane, lastTurn } of rows) {
        const name = lane === '' ? null : lane
        if (!session.has(name)) session.set(name, { lastTurn, last: null })
      }
    },
    latest: (id) => {
      let found: { lane: string | null; last: LastTurn } | null = null
      for (const [lane, { last }] of find(id) ?? []) {
        if (last && (found === null || last.at >= found.last.at)) found = { lane, last }
      }
      return found
    },
  }
}
