/**
 * Old content and old calls go, in chunks small enough that storing new calls hardly notices. Runs when the recorder has
 * nothing else to do; when it never has, every half hour all the same.
 */
import type { PruneResult, Store } from '../../db/store.ts'
import type { RecorderOptions } from './messages.ts'

const EVERY_MS = 10 * 60_000
const OVERDUE_MS = 30 * 60_000
/** Between two chunks of one round. */
const PAUSE_MS = 100
/** First round after a start: the start itself should not be slowed by it. */
const FIRST_MS = 30_000
const CHUNK = 200

export interface Retention {
  /** Milliseconds until there may be something to do. */
  dueInMs(now: number): number
  overdue(now: number): boolean
  /** One chunk. */
  step(now: number): Promise<PruneResult>
  /** All of it, at once: `weir prune`. `between` is awaited after each chunk. */
  all(now: () => number, between: () => Promise<unknown>): Promise<PruneResult>
  set(settings: RecorderOptions['retention']): void
}

export const createRetention = (store: Store, initial: RecorderOptions['retention'], startedAt: number): Retention => {
  let settings = initial
  let due = startedAt + FIRST_MS
  const limits = (now: number) => ({
    contentBefore: settings.contentMs === null ? null : now - settings.contentMs,
    callsBefore: settings.callsMs === null ? null : now - settings.callsMs,
    maxBytes: settings.maxBytes,
    chunk: CHUNK,
  })
  const step = async (now: number) => {
    // Set before the work: a failing database is asked again in ten minutes, not at once.
    due = now + EVERY_MS
    const result = await store.prune(limits(now))
    if (result.more) due = now + PAUSE_MS
    return result
  }
  return {
    dueInMs: (now) => Math.max(0, due - now),
    overdue: (now) => now - due > OVERDUE_MS - EVERY_MS,
    step,
    all: async (now, between) => {
      const total = { contentRemoved: 0, callsRemoved: 0, more: true }
      while (total.more) {
        const { contentRemoved, callsRemoved, more } = await step(now())
        total.contentRemoved += contentRemoved
        total.callsRemoved += callsRemoved
        total.more = more
        await between()
      }
      return total
    },
    set: (next) => {
      settings = next
      due = 0
    },
  }
}
