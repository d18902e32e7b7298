/** One round of the recorder: finished calls out of the journal, rows out of them, one transaction, and word to the main thread. */
import type { RecordedCall, SessionWrites } from '../../db/store.ts'
import type { JournaledCall } from '../journal/entry.ts'
import { toAnswered } from './answered.ts'
import type { Bodies } from './bodies.ts'
import { toCharge } from './charge.ts'
import type { createCommitter, Insights, Item } from './commit.ts'
import type { Danger } from './danger.ts'
import type { FromRecorder, StoredCall } from './messages.ts'
import type { Settled } from '../policy/routing.ts'
import type { Detector } from '../loops/detector.ts'
import type { LoopNews } from '../loops/news.ts'
import type { Threader } from '../sessions/threader.ts'
import type { Turn } from '../sessions/turn.ts'
import { isRowFault } from './fault.ts'
import { index } from './record.ts'
import type { Pace } from './pace.ts'
import type { Source, Taken } from './source.ts'
import type { Steps } from './steps.ts'

/** Positions that moved without a finished call (long streams) are stored this often: only re-reading is saved by it. */
const POSITION_EVERY_MS = 2000

export interface RoundDeps {
  source: Source
  steps: Pick<Steps, 'toRow' | 'toRawRow' | 'load'>
  committer: ReturnType<typeof createCommitter>
  /** Gives each call its session, lane, parent and turn. */
  thread: Threader['place']
  /** Looks for loops in the lanes that the calls belong to. */
  detect: Detector['look']
  danger: Danger
  bodies: Bodies
  pace: Pace
  /** Takes in the messages that are waiting: a body is sent before the journal knows of it, so it is here by then. */
  drain(): void
  post(message: FromRecorder): void
  /** Whether somebody wants whole calls. */
  listened(): boolean
  /** Whether limits want to know what calls have taken. */
  charges(): boolean
  now(): number
  /** See `RecorderOptions.pulse`. */
  pulse: Int32Array
}

const toStored = (recorded: RecordedCall, charges: boolean): StoredCall => {
  const { call } = recorded
  const { id, outcome } = call
  const stored: StoredCall = charges ? { id, outcome, charge: toCharge(call) } : { id, outcome }
  const answered = toAnswered(recorded)
  if (answered) stored.answered = answered
  if (call.route !== null) stored.routed = toSettled(call)
  return stored
}

const toSettled = ({ target, credential, responseId, costNano, usage }: RecordedCall['call']): Settled => ({
  target,
  credential,
  responseId,
  costNano,
  usage,
})

/** `gone`: the database did not answer until it was time to end. */
export type RoundResult = 'recorded' | 'nothing' | 'gone'

export const createRound = (deps: RoundDeps) => {
  const { source, steps, committer, danger, bodies, pace, now, pulse } = deps
  let seq = 0
  let positionsAt = 0
  /** Not told yet. */
  let loops: LoopNews[] = []

  const toItem = (journaled: JournaledCall): Item => {
    Atomics.add(pulse, 0, 1)
    const { recorded, turn } = danger.isDeadly(journaled.callId)
      ? steps.toRawRow(journaled, 'reading this call has ended the recorder twice: its bytes are kept unread')
      : steps.toRow(journaled, bodies.of(journaled.callId))
    return { journaled, recorded, turn }
  }

  /** Watched by the main thread: a call that is not done in a minute hangs. */
  const toItemsNow = (calls: JournaledCall[]): Item[] => {
    Atomics.store(pulse, 1, 1)
    try {
      return calls.map(toItem)
    } finally {
      Atomics.store(pulse, 1, 0)
    }
  }

  const toItems = async (calls: JournaledCall[]): Promise<Item[]> => {
    const items = toItemsNow(calls)
    return (await steps.load()) ? toItemsNow(calls) : items
  }

  /** A fault of ours there leaves calls without a session; they are stored all the same. */
  const threaded = (turns: Turn[]): Promise<SessionWrites | undefined> =>
    deps.thread(turns).catch((error: unknown) => {
      if (!isRowFault(error)) throw error
      return undefined
    })

  /** Steps `thread` and `detect`: where the calls belong, and what that shows. What they find is stored with the calls. */
  const understand = async (items: Item[]): Promise<Insights> => {
    const turns = items.map(({ turn }) => turn)
    const sessions = await threaded(turns)
    for (const { recorded, turn } of items) index(recorded, turn)
    const { findings, evidence, news } = await deps.detect(turns)
    loops.push(...news)
    return { sessions, findings, evidence }
  }

  /** After an unclean end: each call by itself, named before it is touched. The positions follow at the end. */
  const carefully = async (taken: Taken): Promise<RecordedCall[] | null> => {
    const stored: RecordedCall[] = []
    for (const call of taken.calls) {
      danger.enter(call.callId)
      let [item] = toItemsNow([call])
      // What has to be loaded to count its tokens takes long the first time, and is no fault of the call's.
      danger.leave()
      const loaded = await steps.load()
      danger.enter(call.callId)
      if (loaded) [item] = toItemsNow([call])
      const insights = await understand([item as Item])
      const recorded = await committer.one(item as Item, insights)
      danger.leave()
      if (!recorded) return null
      stored.push(recorded)
    }
    danger.passed(taken.calls.length)
    return (await committer.commit({ items: [], positions: taken.positions, open: taken.open, insights: {} })) && stored
  }

  const swiftly = async (taken: Taken): Promise<RecordedCall[] | null> => {
    const items = await toItems(taken.calls)
    const insights = await understand(items)
    const before = performance.now()
    const stored = await committer.commit({ items, positions: taken.positions, open: taken.open, insights })
    pace.learn({ ms: performance.now() - before, calls: taken.calls.length, bytes: taken.bytes })
    return stored
  }

  const publish = (stored: RecordedCall[]) => {
    for (const { call } of stored) bodies.forget(call.id)
    if (stored.length === 0) return
    // First: whoever waits for a call to be recorded may count on the guard to know of it.
    if (loops.length > 0) deps.post({ type: 'findings', news: loops })
    loops = []
    seq += stored.length
    deps.post({
      type: 'recorded',
      stored: stored.map((recorded) => toStored(recorded, deps.charges())),
      calls: deps.listened() ? stored.map(({ call }) => call) : null,
      seq,
    })
  }

  /** `last`: store the position even if it was stored a moment ago. */
  return async (last: boolean): Promise<RoundResult> => {
    const taken = source.take(pace.limits)
    deps.drain()
    const keepPosition = taken.moved && (last || now() - positionsAt >= POSITION_EVERY_MS)
    if (taken.calls.length === 0 && !keepPosition) return 'nothing'
    const stored = danger.careful() ? await carefully(taken) : await swiftly(taken)
    if (!stored) return 'gone'
    positionsAt = now()
    source.committed(taken)
    publish(stored)
    return stored.length > 0 ? 'recorded' : 'nothing'
  }
}
