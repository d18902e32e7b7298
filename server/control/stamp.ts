/** `keys.changed` in the data folder: another process sees by it that keys were changed (`weir key …` beside a running Weir). */
import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const fileIn = (dataDir: string) => join(dataDir, 'keys.changed')

/** After the commit, never before. */
export const stampKeys = (dataDir: string): void => {
  const stamp = randomUUID()
  const draft = `${fileIn(dataDir)}.${stamp}`
  writeFileSync(draft, stamp, { mode: 0o600 })
  renameSync(draft, fileIn(dataDir))
}

/** null: nothing was ever changed. A few microseconds. */
export const readKeysStamp = (dataDir: string): string | null => {
  try {
    return readFileSync(fileIn(dataDir), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
