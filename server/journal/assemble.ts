/**
 * The journal as batches of finished calls. With each batch comes what to commit beside its rows (positions, open starts);
 * whoever commits them in one transaction gets every call exactly once, across any number of restarts.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenStart } from '../../db/store.ts'
import type { JournaledCall, Position } from './entry.ts'
import { listWriters } from './files.ts'
import { isWriterAlive } from './lock.ts'
import type { ReaderCounters } from './read.ts'
import { createRefStore } from './refs.ts'
import { createSource } from './source.ts'
import type { Basket, Hold, Source } from './source.ts'

export type { Hold } from './source.ts'

export interface JournalBatch {
  calls: JournaledCall[]
  /** Of every writer that was read since the assembler was made. */
  positions: Position[]
  /** All calls that are open at these positions. */
  open: OpenStart[]
  /** What `sweepJournal` must keep, once this batch is committed and checkpointed. */
  holds: Hold[]
  /** The batch is full and there is more to take. */
  more: boolean
}

export interface Assembler {
  /**
   * Finished calls, at most `maxCalls` with at most `maxBytes` of entries (one call always fits). Never waits. A batch
   * without calls needs not be committed; a later one covers it.
   */
  take(maxCalls: number, maxBytes: number): JournalBatch
  /** `orphans`: entries whose call has no start in the journal. */
  counters(): ReaderCounters & { orphans: number }
  close(): void
}

export interface AssemblerOptions {
  /** `<data>/journal` */
  dir: string
  /** As last committed. */
  positions: Position[]
  open: OpenStart[]
  aliveEveryMs?: number
}

export const createAssembler = ({ dir, positions, open, aliveEveryMs = 1000 }: AssemblerOptions): Assembler => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const refs = createRefStore(dir)
  const sources = new Map<string, Source>()
  let turn = 0

  const findWriters = (): Source[] => {
    for (const writer of listWriters(dir)) {
      if (sources.has(writer)) continue
      const source = createSource({
        dir,
        writer,
        refs,
        aliveEveryMs,
        from: positions.find((position) => position.writer === writer) ?? null,
        open: open.filter((start) => start.writer === writer),
        alive: () => isWriterAlive(join(dir, writer)),
      })
      sources.set(writer, source)
    }
    return [...sources.values()]
  }

  return {
    take(maxCalls, maxBytes) {
      const all = findWriters()
      const basket: Basket = { calls: [], bytes: 0, maxCalls, maxBytes }
      // Each time another writer is first: a busy one must not starve the others.
      const first = all.length > 0 ? turn++ % all.length : 0
      const full = [...all.slice(first), ...all.slice(0, first)].map((source) => source.take(basket))
      const moved = all.filter((source) => source.moved())
      return {
        calls: basket.calls,
        positions: moved.map((source) => source.position()),
        open: moved.flatMap((source) => source.open()),
        holds: all.map((source) => source.hold()),
        more: full.includes(true),
      }
    },
    counters() {
      const sum = { entriesSkipped: 0, bytesSkipped: 0, tornTails: 0, orphans: 0 }
      for (const source of sources.values()) {
        const counters = source.counters()
        for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += counters[name]
      }
      return sum
    },
    close() {
      for (const source of sources.values()) source.close()
      refs.close()
    },
  }
}
