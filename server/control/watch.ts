/**
 * Keeps what is in memory level with what is stored: read at the start if any was ever stored, and again when another process has
 * changed it. That is seen by a file of the data folder; a shared Postgres, which other folders' Weirs may change, is asked.
 */
import { readStamp, type Stamped } from './stamp.ts'

/** What is in memory. */
export interface Level {
  /** How often it was filled: who asked the database before it need not come after it. */
  loads: number
  /** It is being read for the first time; null: it is here, or there is none. */
  reading: Promise<void> | null
  /** Why it cannot be known now. */
  problem: string | null
}

export interface Watch {
  /** Looks for changes now. */
  check(): Promise<void>
  close(): void
}

export interface WatchSettings<T> {
  /** In words, for messages: `Weir keys`. */
  words: string
  what: Stamped
  dataDir: string
  database: string
  level: Level
  /** Whether there can be any. */
  isUsed(): boolean
  ask(): Promise<T>
  load(stored: T): void
  /** Hears why it cannot be read, and when it can again. */
  say(line: string): void
  /** Milliseconds between two looks. */
  every?: number
}

/** Looks between two questions to a shared database. */
const SHARED_EVERY = 5

export const watchStored = <T>(settings: WatchSettings<T>): Watch => {
  const { words, what, dataDir, database, level, isUsed, ask, load, say, every = 1000 } = settings
  const isShared = database !== 'sqlite'
  let seen: string | null = null
  let looks = 0
  let closed = false
  let checking: Promise<void> | null = null

  const read = async (stamp: string | null): Promise<void> => {
    try {
      const { loads } = level
      const stored = await ask()
      // A change was made here meanwhile, and this answer may be from before it: the next look asks again.
      if (closed || level.loads !== loads) return
      const before = level.problem
      level.problem = null
      load(stored)
      seen = stamp
      if (before) say(`The ${words} could be read again.`)
    } catch (error) {
      if (closed) return
      const problem = `The ${words} cannot be read from the database: ${error instanceof Error ? error.message : String(error)}`
      if (!level.problem) say(problem)
      level.problem = problem
    }
  }
  const look = async (): Promise<void> => {
    const stamp = readStamp(dataDir, what)
    const isDue = isShared && looks++ % SHARED_EVERY === 0 && isUsed()
    if (stamp !== seen || level.problem || isDue) await read(stamp)
  }
  const check = () => (checking ??= look().finally(() => (checking = null)))

  if (isUsed()) {
    const first = read(readStamp(dataDir, what)).finally(() => (level.reading = null))
    checking = first.finally(() => (checking = null))
    level.reading = first
  }
  const timer = setInterval(() => void check().catch((error: unknown) => say(String(error))), every).unref()
  return {
    check,
    close() {
      closed = true
      clearInterval(timer)
    },
  }
}
