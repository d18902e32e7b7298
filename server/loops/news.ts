/** What the main thread hears of loops, after the commit: for the guard, for alerts and for whoever watches. */
import type { Turn } from '../sessions/turn.ts'
import { createHasher, type Hasher } from '../sessions/chain.ts'
import type { Finding } from './finding.ts'

export interface LoopNews {
  finding: Finding
  /** `opened` and `worse` are worth a message; `calm`: the lane went on without repeating. */
  change: 'opened' | 'worse' | 'more' | 'calm'
  /** How the guard knows the next call of the lane; null: it has nothing to do with it. */
  mark: Mark | null
}

export interface Mark {
  sessionId: string
  /** Whose calls these are: a key's, else a credential's. */
  scope: string
  /** A conversation that goes on has one of these among its beginnings, or names one as what it goes on from. */
  heads: string[]
}

export const scopeOf = ({ key, credential }: { key: string | null; credential: string | null }): string =>
  key === null ? `credential ${credential ?? ''}` : `key ${key}`

/** Recorder and main thread hash with the same key, which lives as long as the process. */
export const createMarks = (loopKey: Uint8Array) => {
  let hasher: Hasher | null = null
  const hashes = (): Hasher => (hasher ??= createHasher(loopKey))
  return {
    /** Costs as much as the conversation is long, so only for lanes that the guard is to act on. */
    of({ call, request, answer }: Turn): Mark {
      const scope = scopeOf(call)
      const heads = call.responseId === null ? [] : [call.responseId]
      if (request !== null) {
        const { points, answered } = hashes().chain(hashes().start(scope), request, answer)
        const asked = points.at(-1)
        heads.push(...answered)
        if (asked) heads.push(asked.hash)
      }
      return { sessionId: call.sessionId!, scope, heads }
    },
    /** All that a request goes on from. */
    beginnings(scope: string, request: NonNullable<Turn['request']>): string[] {
      const points = hashes()
        .chain(hashes().start(scope), request, null)
        .points.map(({ hash }) => hash)
      return request.previousId === null ? points : [...points, request.previousId]
    },
  }
}
