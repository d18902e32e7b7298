/** `keys.changed`, `credentials.changed` in the data folder: another process sees by them what was changed (`weir key …` beside a running Weir). */
import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Stamped = 'keys' | 'credentials'

const fileIn = (dataDir: string, what: Stamped) => join(dataDir, `${what}.changed`)

/** After the commit, never before. */
export const stampChange = (dataDir: string, what: Stamped): void => {
  const stamp = randomUUID()
  const draft = `${fileIn(dataDir, what)}.${stamp}`
  writeFileSync(draft, stamp, { mode: 0o600 })
  renameSync(draft, fileIn(dataDir, what))
}

/** null: nothing was ever changed. A few microseconds. */
export const readStamp = (dataDir: string, what: Stamped): string | null => {
  try {
    return readFileSync(fileIn(dataDir, what), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
