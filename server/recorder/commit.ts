/**
 * Step `store`: one batch, one transaction, until it is in. A database that is locked, full or gone is asked again with growing
 * pauses; nothing is lost meanwhile, the journal keeps the calls. A row that the database refuses for its values is tried
 * without what was read from its content, so that one odd call never holds up all others.
 */
import type { OpenStart, RecordBatch, RecordedCall, Store } from '../../db/store.ts'
import type { JournaledCall, Position } from '../journal/entry.ts'
import { explainFault, isRowFault } from './fault.ts'
import type { Row } from './record.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000

export interface Item extends Row {
  journaled: JournaledCall
}

/** What threading and detection want stored with the calls. */
export type Insights = Pick<RecordBatch, 'sessions' | 'findings' | 'evidence'>

export interface Commit {
  items: Item[]
  positions: Position[]
  open: OpenStart[]
  insights: Insights
}

export interface CommitterDeps {
  store: Store
  /** The same call without anything read from its content. */
  toRaw(journaled: JournaledCall, why: string): Row
  onProblem(problem: string | null): void
  /** Resolves after `ms`, or at once when the recorder is asked to stop. */
  pause(ms: number): Promise<void>
  /** True when it is time to give up: the calls stay in the journal for the next start. */
  giveUp(): boolean
}

/** Answers the calls as they were stored, or null when it gave up. */
export const createCommitter = (deps: CommitterDeps) => {
  const { store, toRaw, onProblem, pause, giveUp } = deps

  /** 'refused': for its values. 'gone': asked to stop while the database did not answer. */
  const attempt = async (batch: RecordBatch, mayRefuse: boolean) => {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
      try {
        await store.record(batch)
        onProblem(null)
        return 'stored'
      } catch (error) {
        if (mayRefuse && isRowFault(error)) return 'refused'
        onProblem(explainFault(error))
        if (giveUp()) return 'gone'
        await pause(wait)
      }
    }
  }

  const one = async ({ journaled, recorded }: Item, insights: Insights = {}): Promise<RecordedCall | null> => {
    const first = await attempt({ ...insights, calls: [recorded], positions: [], open: [] }, true)
    if (first === 'stored') return recorded
    if (first === 'gone') return null
    const raw = toRaw(journaled, 'the database refused what was read from this call; its bytes are kept').recorded
    return (await attempt({ calls: [raw], positions: [], open: [] }, false)) === 'stored' ? raw : null
  }

  const oneByOne = async ({ items, positions, open, insights }: Commit): Promise<RecordedCall[] | null> => {
    const stored: RecordedCall[] = []
    for (const item of items) {
      const recorded = await one(item)
      if (!recorded) return null
      stored.push(recorded)
    }
    return (await attempt({ ...insights, calls: [], positions, open }, false)) === 'stored' ? stored : null
  }

  return {
    /** Without journal positions: while careful, each call is a transaction of its own and the positions follow. */
    one,
    commit: async (batch: Commit): Promise<RecordedCall[] | null> => {
      const calls = batch.items.map(({ recorded }) => recorded)
      const { positions, open, insights } = batch
      const result = await attempt({ ...insights, calls, positions, open }, calls.length > 0)
      if (result === 'refused') return oneByOne(batch)
      return result === 'stored' ? calls : null
    },
  }
}
