/** The stored Weir keys, kept in memory as they are in the database. */
import { type Watch, watchStored } from '../control/watch.ts'
import type { Ask } from '../reader/ask.ts'
import { readPepper } from './key-secret.ts'
import type { Keys } from './keys.ts'

export interface KeyWatchSettings {
  dataDir: string
  database: string
  /** In hex; null: the data folder's own. */
  keyHashesKey: string | null
  keys: Keys
  ask: Ask
  /** Hears why keys cannot be read, and when they can again. */
  say(line: string): void
  /** Milliseconds between two looks. */
  every?: number
}

export const watchKeys = ({ keys, ask, keyHashesKey, ...settings }: KeyWatchSettings): Watch => {
  const pepper = () => readPepper(settings.dataDir, keyHashesKey)
  return watchStored({
    ...settings,
    words: 'Weir keys',
    what: 'keys',
    level: keys,
    isUsed: () => pepper() !== null,
    ask: async () => (pepper() ? await ask('storedKeys', undefined) : []),
    load: (stored) => keys.load(stored, pepper()),
  })
}
