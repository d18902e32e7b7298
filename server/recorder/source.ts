/** The journal as the recorder's rounds want it: what to take next, what is committed, how far behind that is, what may go. */
import { join } from 'node:path'
import type { OpenStart, Store } from '../../db/store.ts'
import { createAssembler } from '../journal/assemble.ts'
import type { JournaledCall, Position } from '../journal/entry.ts'
import { sweepJournal } from '../journal/sweep.ts'
import { lengthOf } from './body.ts'
import type { Limits } from './pace.ts'

/** The journal rings only in its own process: others' folders, new ones and dead ones have to be looked for. */
const ALONE_MS = 2000
const SEVERAL_MS = 250

export type Holds = ReturnType<ReturnType<typeof createAssembler>['take']>['holds']

export interface Taken {
  calls: JournaledCall[]
  /** Of bodies. */
  bytes: number
  positions: Position[]
  open: OpenStart[]
  holds: Holds
  /** Further along than what is committed. */
  moved: boolean
  more: boolean
}

export interface Source {
  take(limits: Limits): Taken
  committed(taken: Taken): void
  /** As committed. */
  positions(): Position[]
  /** What the committed state still needs: to be read before a checkpoint, and given to `sweep` after it. */
  holds(): Holds
  sweep(holds: Holds): void
  /** Age of the oldest finished call that was read and is not stored; 0: all that was read is stored. */
  behindMs(now: number): number
  entriesSkipped(): number
  /** How long one may sleep when the journal does not ring. */
  pollMs(): number
  close(): void
}

export const createSource = async ({ dataDir, store }: { dataDir: string; store: Store }): Promise<Source> => {
  const dir = join(dataDir, 'journal')
  let positions = await store.positions()
  const open: OpenStart[] = []
  for (const { writer } of positions) open.push(...(await store.openStarts(writer)))
  const assembler = createAssembler({ dir, positions, open })
  let holds: Holds = []
  let waitingSince: number | null = null

  return {
    take: ({ calls, bytes }) => {
      const batch = assembler.take(calls, bytes)
      for (const call of batch.calls) waitingSince = Math.min(waitingSince ?? Infinity, endedAt(call))
      return {
        ...batch,
        bytes: batch.calls.reduce((sum, call) => sum + bytesIn(call), 0),
        moved: differ(positions, batch.positions),
      }
    },
    committed: (taken) => {
      positions = taken.positions
      holds = taken.holds
      if (!taken.more) waitingSince = null
    },
    positions: () => positions,
    holds: () => holds,
    sweep: (upTo) => void sweepJournal({ dir, holds: upTo }),
    behindMs: (now) => (waitingSince === null ? 0 : Math.max(0, Math.round(now - waitingSince))),
    entriesSkipped: () => assembler.counters().entriesSkipped,
    pollMs: () => (positions.length > 1 ? SEVERAL_MS : ALONE_MS),
    close: () => assembler.close(),
  }
}

const endedAt = ({ start, end }: JournaledCall): number => start.startedAt + (end?.durationMs ?? 0)

const bytesIn = ({ request, response }: JournaledCall): number => lengthOf(request) + lengthOf(response)

function differ(before: Position[], after: Position[]): boolean {
  return after.some(
    ({ writer, segment, offset }) =>
      !before.some((known) => known.writer === writer && known.segment === segment && known.offset === offset),
  )
}
