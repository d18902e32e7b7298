/**
 * What is done beside recording: tell how things stand, write the WAL back so that finished journal segments may go, and let
 * retention work. None of it may hold up calls, and none of it failing is a reason to stop.
 */
import type { Store } from '../../db/store.ts'
import { measureDisk } from '../journal/files.ts'
import { explainFault } from './fault.ts'
import type { Retention } from './retention.ts'
import type { Source } from './source.ts'
import type { StatusReport } from './status.ts'

/** A checkpoint is an fsync: 2 s of calls are at most some 60 MB of WAL. */
const CHECKPOINT_EVERY_MS = 2000
const MEASURE_EVERY_MS = 5000
const COUNT_EVERY_MS = 250

export interface HousekeepingDeps {
  dataDir: string
  store: Store
  source: Source
  status: StatusReport
  retention: Retention
  now(): number
}

export const createHousekeeping = (deps: HousekeepingDeps) => {
  const { dataDir, store, source, status, retention, now } = deps
  /** Something was stored since the last checkpoint, count, measurement. */
  const dirty = { checkpoint: true, count: true, measure: true }
  const last = { checkpoint: 0, count: 0, measure: 0 }

  const attempt = async (work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      status.update({ problem: explainFault(error) })
    }
  }
  const due = (what: keyof typeof dirty, everyMs: number): boolean => {
    if (!dirty[what] || now() - last[what] < everyMs) return false
    dirty[what] = false
    last[what] = now()
    return true
  }

  const checkpoint = async () => {
    const holds = source.holds()
    if (await store.checkpoint()) source.sweep(holds)
    else dirty.checkpoint = true
  }
  const tell = async (everyMs: number) => {
    if (due('count', everyMs)) status.update({ callsRecorded: await store.callsRecorded() })
    if (due('measure', Math.max(everyMs, MEASURE_EVERY_MS))) status.update({ diskBytes: await store.diskBytes() })
    status.update({
      behindMs: source.behindMs(now()),
      entriesSkipped: source.entriesSkipped(),
      positions: source.positions(),
    })
  }

  return {
    begin: () => attempt(() => tell(0)),
    afterRound: () =>
      attempt(async () => {
        dirty.checkpoint = dirty.count = dirty.measure = true
        await tell(COUNT_EVERY_MS)
        // On a disk that is nearly full a log of two seconds would take the room that its own checkpoint needs.
        const { spareBytes } = await measureDisk(dataDir)
        if (due('checkpoint', spareBytes > 0 ? CHECKPOINT_EVERY_MS : 0)) await checkpoint()
        if (retention.overdue(now())) await retention.step(now())
      }),
    whenIdle: () =>
      attempt(async () => {
        await tell(COUNT_EVERY_MS)
        if (due('checkpoint', CHECKPOINT_EVERY_MS)) await checkpoint()
        if (retention.dueInMs(now()) === 0) await retention.step(now())
      }),
    end: () =>
      attempt(async () => {
        await tell(0)
        await checkpoint()
      }),
    /** The database does not take a batch: what it took before may be checkpointed, and the segments that this frees go. */
    makeRoom: () => attempt(checkpoint),
    /** How long there is nothing to do here. */
    restMs: (): number => {
      const waits = [retention.dueInMs(now()), source.pollMs()]
      if (dirty.checkpoint) waits.push(CHECKPOINT_EVERY_MS)
      if (dirty.measure) waits.push(MEASURE_EVERY_MS)
      if (dirty.count) waits.push(COUNT_EVERY_MS)
      return Math.max(1, Math.min(...waits))
    },
  }
}
