/**
 * Calls that the store does not have yet: running ones, and those that have ended and are on their way through journal and
 * recorder. Without the second kind a call would vanish from the list for a moment between its end and its row.
 * Ended calls are followed only while somebody looks: with the dashboard closed this costs the data path nothing.
 */
import type { Call } from '../call.ts'
import type { RecordedCalls, RunningCalls } from './deps.ts'

/** More than the recorder ever has in hand; beyond it (the database is gone for minutes) the oldest are not shown. */
const MOST_ENDED = 2_000
/** A call that is not stored this long after its end, although nothing is behind, was lost: it is not shown as waiting forever. */
const LOST_AFTER_MS = 60_000
/** Nobody has looked for this long. */
const UNWATCHED_MS = 10 * 60_000

export interface Unrecorded {
  list(): Call[]
  get(id: string): Call | null
  /** Settles when the call is stored, or after `ms`. True: it is stored. */
  stored(id: string, ms: number): Promise<boolean>
}

export const createUnrecorded = (running: RunningCalls, recorded: RecordedCalls): Unrecorded => {
  const ended = new Map<string, { call: Call; at: number }>()
  let lookedAt = 0
  let stop: (() => void) | null = null

  const look = () => {
    lookedAt = Date.now()
    stop ??= follow()
    forgetLost()
  }
  const follow = () => {
    const stopRunning = running.subscribe(({ type, call }) => {
      if (Date.now() - lookedAt > UNWATCHED_MS) return unfollow()
      if (type !== 'ended') return
      ended.set(call.id, { call, at: Date.now() })
      if (ended.size > MOST_ENDED) ended.delete(ended.keys().next().value as string)
    })
    const stopRecorded = recorded.onStored((calls) => {
      for (const call of calls) ended.delete(call.id)
    })
    return () => {
      stopRunning()
      stopRecorded()
    }
  }
  const unfollow = () => {
    stop?.()
    stop = null
    ended.clear()
  }
  /** In order of ending, so the first that is young enough ends the search. */
  const forgetLost = () => {
    const oldest = Date.now() - LOST_AFTER_MS - recorded.status().behindMs
    for (const [id, { at }] of ended) {
      if (at >= oldest) break
      ended.delete(id)
    }
  }

  return {
    list() {
      look()
      return [...running.list(), ...Array.from(ended.values(), ({ call }) => call)]
    },
    get(id) {
      look()
      return running.list().find((call) => call.id === id) ?? ended.get(id)?.call ?? null
    },
    stored: (id, ms) =>
      new Promise((resolve) => {
        const done = (found: boolean) => {
          clearTimeout(timer)
          unsubscribe()
          resolve(found)
        }
        const unsubscribe = recorded.onStored((calls) => calls.some((call) => call.id === id) && done(true))
        const timer = setTimeout(done, ms, false)
      }),
  }
}
