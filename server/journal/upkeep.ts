/** What the journal does beside writing: syncs by interval, looks at the disk when it is full, gives up waiting for hung writes. */
import type { CallState, Encoder } from './encode.ts'
import type { Group } from './group.ts'
import type { Limits } from './limits.ts'
import type { Segments } from './segments.ts'

const SYNC_MS = 1000
/** An idle gateway's last calls should not lie in a raw segment for ever: after this the segment is left. */
const SEGMENT_MS = 10 * 60_000
/** Others write to the same disk, the recorder first of all. */
const MEASURE_MS = 5000

export interface UpkeepOptions {
  group: Group
  segments: Segments
  limits: Limits
  encoder: Encoder
  payOwed(): void
  fsync: 'off' | 'interval' | 'always'
  stallMs: number
  tickMs: number
}

export interface Upkeep {
  /** Waits for what is queued (not longer than for a hung write), then closes the segment. */
  stop(): Promise<void>
}

const NOBODY: CallState = {
  callId: '00000000-0000-0000-0000-000000000000',
  request: 0,
  response: 0,
  shed: false,
  counted: 3,
  lost: false,
  end: null,
}

export const startUpkeep = (options: UpkeepOptions): Upkeep => {
  const { group, segments, limits, encoder, payOwed, fsync, stallMs } = options
  let syncedAt = Date.now()
  let syncedEntries = 0
  let measuredAt = Date.now()

  /** After a failure nobody may come to try: a part of no call shows whether the disk works again. Readers pass it over. */
  const probe = (): void => {
    const part = { direction: 'request', atMs: 0, length: 0, bytes: null } as const
    group.push(encoder.part(NOBODY, part, false, 0, () => {}))
  }

  const tick = (): void => {
    const now = Date.now()
    group.releaseStalled(stallMs)
    if (!group.healthy() && group.isIdle()) probe()
    if (limits.room(0, group.queued()) !== 'keep' || now - measuredAt > MEASURE_MS) {
      measuredAt = now
      void limits.measure().then(payOwed)
    }
    payOwed()
    if (fsync === 'interval' && now - syncedAt >= SYNC_MS && group.entriesWritten() !== syncedEntries) {
      syncedAt = now
      syncedEntries = group.entriesWritten()
      segments.sync((error) => {
        if (error) group.failed(error)
      })
    }
    if (segments.size() > 0 && now - segments.openedAt() > SEGMENT_MS && group.isIdle()) group.between(segments.renew)
  }
  const timer = setInterval(tick, options.tickMs).unref()

  return {
    async stop() {
      clearInterval(timer)
      let giveUp: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        giveUp = setTimeout(resolve, stallMs)
      })
      await Promise.race([group.idle(), late])
      if (group.isIdle())
        await new Promise<void>((resolve) => group.between((done) => segments.leave(() => (done(), resolve()))))
      clearTimeout(giveUp)
    },
  }
}
