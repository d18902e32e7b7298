/**
 * What happens to calls, as numbered events for any number of listeners. The hub keeps the last events, so that a reader who lost
 * the connection goes on where it was, and passes them on in ticks: at thousands of calls a second nobody can watch them all, and
 * the main thread has better to do than to print them.
 */
import { randomBytes } from 'node:crypto'
import type { Call } from '../call.ts'
import type { RecordedCalls, RunningCalls } from './deps.ts'
import { toListItem } from './list-item.ts'

const TICK_MS = 100
/** What one tick passes on at most; the dashboard draws no faster. */
const PER_TICK = 100
const KEPT = 1_000
/** Time in which a reader who lost the connection can come back without missing anything. */
const FOLLOWED_MS = 60_000

/** Why events are missing: the reader was too slow · more happened than is passed on · the cursor is too old. */
export type GapReason = 'slow' | 'busy' | 'cursor'
export type Gap = { reason: GapReason; missed: number | null }

export interface Happening {
  seq: number
  type: 'started' | 'recorded'
  call: Call
}

/** One tick: `gap` says how many events of it are left out, `text` holds the newest ones. */
export interface Tick {
  text: string
  /** Number of the last event in it. */
  seq: number
  gap: Gap | null
}

export interface Hub {
  /** For `id:` lines; names this process, since numbers begin anew with it. */
  cursorOf(seq: number): string
  /** What happened after `cursor`; null: not known any more. */
  since(cursor: string): Happening[] | null
  /** As SSE text, with its number. */
  print(happening: Happening): string
  readonly seq: number
  listen(listener: (tick: Tick) => void): () => void
}

/** One event of https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const toEvent = (type: string, data: unknown, id: string | null): string =>
  `${id === null ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`

export const createHub = (running: RunningCalls, recorded: RecordedCalls): Hub => {
  const boot = randomBytes(4).toString('hex')
  const kept: Happening[] = []
  const listeners = new Set<(tick: Tick) => void>()
  let seq = 0
  let told = 0
  let timer: NodeJS.Timeout | null = null
  let leaving: NodeJS.Timeout | null = null
  let unfollow: (() => void) | null = null

  const cursorOf = (n: number) => `${boot}-${n}`
  const print = (it: Happening) => toEvent(it.type, toListItem(it.call), cursorOf(it.seq))
  const happened = (type: Happening['type'], call: Call) => {
    kept.push({ seq: ++seq, type, call })
    // Shifting one by one would move a thousand entries for each call.
    if (kept.length >= 2 * KEPT) kept.splice(0, kept.length - KEPT)
    if (listeners.size > 0) timer ??= setTimeout(tick, TICK_MS)
  }
  const after = (n: number) => kept.slice(Math.max(0, kept.length - (seq - n)))

  function tick() {
    timer = null
    if (told === seq) return
    const news = after(told)
    const missed = seq - told - Math.min(news.length, PER_TICK)
    told = seq
    const text = news.slice(-PER_TICK).map(print).join('')
    const one: Tick = { text, seq, gap: missed > 0 ? { reason: 'busy', missed } : null }
    for (const listener of listeners) listener(one)
  }

  /** Only while somebody reads, and a while after: with the dashboard closed this costs the data path nothing. */
  const follow = () => {
    // What happened unseen has no number; a cursor from before must not look as if nothing had.
    seq++
    told = seq
    kept.length = 0
    const stopRunning = running.subscribe(({ type, call }) => {
      if (type === 'started') happened('started', call)
    })
    const stopRecorded = recorded.subscribe((calls) => {
      for (const call of calls) happened('recorded', call)
    })
    return () => {
      stopRunning()
      stopRecorded()
      kept.length = 0
      unfollow = null
    }
  }

  return {
    cursorOf,
    print,
    get seq() {
      return seq
    },
    since(cursor) {
      const [from, number] = cursor.split('-')
      const n = Number(number)
      if (from !== boot || !Number.isInteger(n) || n > seq || n < seq - kept.length) return null
      return after(n)
    },
    listen(listener) {
      if (leaving) clearTimeout(leaving)
      unfollow ??= follow()
      // What happened before this moment is the newcomer's to fetch; the others get it now.
      if (timer) clearTimeout(timer)
      tick()
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) leaving = setTimeout(() => unfollow?.(), FOLLOWED_MS).unref()
      }
    },
  }
}
