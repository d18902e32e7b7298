/**
 * Keeps the keys in memory level with those that are stored: read at the start if any were ever made, and again when another process
 * has changed them. That is seen by a file of the data folder; a shared Postgres, which other folders' Weirs may change, is asked.
 */
import { readKeysStamp } from '../control/stamp.ts'
import type { Ask } from '../reader/ask.ts'
import { readPepper } from './key-secret.ts'
import type { Keys } from './keys.ts'

export interface KeyWatch {
  /** Looks for changes now. */
  check(): Promise<void>
  close(): void
}

export interface KeyWatchSettings {
  dataDir: string
  database: string
  keys: Keys
  ask: Ask
  /** Hears why keys cannot be read, and when they can again. */
  say(line: string): void
  /** Milliseconds between two looks. */
  every?: number
}

/** Looks between two questions to a shared database. */
const SHARED_EVERY = 5

export const watchKeys = ({ dataDir, database, keys, ask, say, every = 1000 }: KeyWatchSettings): KeyWatch => {
  const isShared = database !== 'sqlite'
  let seen: string | null = null
  let looks = 0
  let closed = false
  let checking: Promise<void> | null = null

  const read = async (stamp: string | null): Promise<void> => {
    try {
      const pepper = readPepper(dataDir)
      const { loads } = keys
      const stored = pepper ? await ask('storedKeys', undefined) : []
      // A change was made here meanwhile, and this answer may be from before it: the next look asks again.
      if (keys.loads !== loads) return
      keys.load(stored, pepper)
      seen = stamp
      if (keys.problem) say('The Weir keys could be read again.')
      keys.problem = null
    } catch (error) {
      if (closed) return
      const problem = `The Weir keys cannot be read from the database: ${error instanceof Error ? error.message : String(error)}`
      if (!keys.problem) say(problem)
      keys.problem = problem
    }
  }
  const look = async (): Promise<void> => {
    const stamp = readKeysStamp(dataDir)
    const isDue = isShared && looks++ % SHARED_EVERY === 0 && readPepper(dataDir) !== null
    if (stamp !== seen || keys.problem || isDue) await read(stamp)
  }
  const check = () => (checking ??= look().finally(() => (checking = null)))

  if (readPepper(dataDir)) {
    const first = read(readKeysStamp(dataDir)).finally(() => (keys.reading = null))
    checking = first.finally(() => (checking = null))
    keys.reading = first
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
