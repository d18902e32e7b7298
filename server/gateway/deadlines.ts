/**
 * All deadlines of all calls, looked at twenty times a second while there are any. Minutes-long deadlines need no better clock,
 * and a timer of Node's for each phase of each call cost the data path a tenth of its throughput.
 */
import { performance } from 'node:perf_hooks'
import { type Bagged, createBag } from '../bag.ts'

export interface Deadline extends Bagged {
  /** performance.now() at which it has passed; may be moved at any time. */
  at: number
  expire(): void
}

export interface Deadlines {
  add(deadline: Deadline): void
  remove(deadline: Deadline): void
}

const EVERY_MS = 50
/** Idle for this many looks, the clock stops: no core is busy for nothing. */
const REST_AFTER = 100

export function createDeadlines(): Deadlines {
  const deadlines = createBag<Deadline>()
  let timer: NodeJS.Timeout | null = null
  let idleLooks = 0

  const look = () => {
    idleLooks = deadlines.size() === 0 ? idleLooks + 1 : 0
    if (idleLooks > REST_AFTER) {
      clearInterval(timer!)
      timer = null
      return
    }
    const now = performance.now()
    for (const deadline of deadlines.list()) {
      // One that expires may take others with it.
      if (deadline.at > now || !deadlines.remove(deadline)) continue
      deadline.expire()
    }
  }

  return {
    add(deadline) {
      deadlines.add(deadline)
      if (timer) return
      idleLooks = 0
      timer = setInterval(look, EVERY_MS).unref()
    },
    remove: (deadline) => void deadlines.remove(deadline),
  }
}
