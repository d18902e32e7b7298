/** What the recorder says of itself: at most every 250 ms, and only when something has changed. */
import type { RecorderStatus } from './messages.ts'

const EVERY_MS = 250

export interface StatusReport {
  readonly current: RecorderStatus
  update(change: Partial<RecorderStatus>): void
  /** Sends now what has not been sent. */
  flush(): void
  close(): void
}

/** Before the first word of the recorder. */
export const NOTHING_RECORDED: RecorderStatus = {
  behindMs: 0,
  callsRecorded: 0,
  entriesSkipped: 0,
  diskBytes: 0,
  problem: null,
  positions: [],
}

export const createStatus = (send: (status: RecorderStatus) => void, everyMs = EVERY_MS): StatusReport => {
  let current = NOTHING_RECORDED
  let sent = ''
  let sentAt = -Infinity
  let timer: NodeJS.Timeout | null = null

  const flush = () => {
    if (timer) clearTimeout(timer)
    timer = null
    const now = JSON.stringify(current)
    if (now === sent) return
    sent = now
    sentAt = performance.now()
    send(current)
  }

  return {
    get current() {
      return current
    },
    update: (change) => {
      current = { ...current, ...change }
      // A timer would not fire while a backlog is recorded: that thread is busy without a pause.
      if (performance.now() - sentAt >= 2 * everyMs) flush()
      else timer ??= setTimeout(flush, everyMs)
    },
    flush,
    close: () => {
      if (timer) clearTimeout(timer)
      timer = null
    },
  }
}
