/**
 * A call whose content ends the whole recorder (an endless loop, no memory left, a crash in native code) would end it again
 * after each restart. So a mark file stands in the data folder while a recorder works. Where a new one finds it, the one
 * before did not end by itself: the first calls are then recorded one by one, each written into the mark before it is
 * touched. Whoever is named there again and again is stored raw and passed over.
 * A thread that crashed under a live process is proof enough (it was the call); a process that was killed from outside counts
 * once of five, so that kills at bad moments accuse nobody (three did, on a slow machine that was killed ten times in as many
 * seconds). Costs nothing after a clean end.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ENOUGH = 5

export interface Danger {
  /** True while calls must be recorded one by one. */
  careful(): boolean
  /** True when this call has ended the recorder before and must be stored raw. */
  isDeadly(callId: string): boolean
  /** To be said before a call is touched, while careful, and when it is stored: what comes after is not its doing. */
  enter(callId: string): void
  leave(): void
  /** `count` calls are committed. */
  passed(count: number): void
  /** The recorder ends by itself. */
  close(): void
}

export interface DangerOptions {
  dataDir: string
  /** The recorder before this one crashed while its process lived on. */
  crashed: boolean
  /** Calls that can have been in the batch in which it ended. */
  span: number
}

interface Mark {
  at: string | null
  deaths: Record<string, number>
}

export const createDanger = ({ dataDir, crashed, span }: DangerOptions): Danger => {
  const file = join(dataDir, 'recorder.mark')
  const before = readMark(file)
  let left = before ? span : 0
  let deaths = before?.deaths ?? {}
  if (before?.at) deaths[before.at] = (deaths[before.at] ?? 0) + (crashed ? ENOUGH : 1)
  const write = (at: string | null) =>
    writeFileSync(file, JSON.stringify({ at, deaths } satisfies Mark), { mode: 0o600 })
  write(null)

  return {
    careful: () => left > 0,
    isDeadly: (callId) => (deaths[callId] ?? 0) >= ENOUGH,
    enter: (callId) => write(callId),
    leave: () => write(null),
    passed: (count) => {
      if (left === 0) return
      left = Math.max(0, left - count)
      if (left > 0) return
      deaths = {}
      write(null)
    },
    // Not past the danger yet (the database was away): the next recorder goes on carefully.
    close: () => (left > 0 ? write(null) : rmSync(file, { force: true })),
  }
}

/** null: the last recorder ended by itself. A torn mark still says that it did not. */
function readMark(file: string): Mark | null {
  try {
    const mark = JSON.parse(readFileSync(file, 'utf8')) as Mark
    return { at: mark.at ?? null, deaths: mark.deaths ?? {} }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : { at: null, deaths: {} }
  }
}
