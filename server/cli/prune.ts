/**
 * `weir prune`: applies the retention settings now, all of it. A Weir that runs prunes by itself, every ten minutes, and owns the
 * database meanwhile; so this is for a Weir that is stopped, and says so otherwise.
 */
import { existsSync } from 'node:fs'
import { openStore } from '../../db/open.ts'
import { loadConfig } from '../config/load.ts'
import { acquireRecorderLock } from '../journal/lock.ts'
import type { Command } from './arguments.ts'
import { toConfigInput } from './config-input.ts'
import type { Places, Terminal } from './terminal.ts'

/** Nobody waits for the writer here, so the chunks are larger than the recorder's. */
const CHUNK = 1000

export const prune = async (
  command: Command,
  terminal: Terminal,
  { migrationsDir }: Pick<Places, 'migrationsDir'>,
): Promise<void> => {
  const { config } = loadConfig(toConfigInput(command, terminal))
  const { data: dataDir, database, retention } = config
  if (!existsSync(dataDir)) throw new Error(`There is no data folder ${dataDir}: name it with --data.`)
  const lock = acquireRecorderLock(dataDir)
  if (!lock) throw new Error(`A Weir is running on ${dataDir} and prunes by itself every ten minutes: nothing to do.`)
  try {
    const store = await openStore({ dataDir, database, migrationsDir })
    try {
      const now = Date.now()
      const before = (age: number | null) => (age === null ? null : now - age)
      const limits = {
        contentBefore: before(retention.content),
        callsBefore: before(retention.calls),
        maxBytes: retention.bytes,
      }
      let [content, calls, more] = [0, 0, true]
      while (more) {
        const chunk = await store.prune({ ...limits, chunk: CHUNK })
        content += chunk.contentRemoved
        calls += chunk.callsRemoved
        more = chunk.more
      }
      await store.checkpoint()
      terminal.print(
        `Removed the content of ${content} calls and ${calls} calls whole; ${await store.diskBytes()} bytes remain.`,
      )
    } finally {
      await store.close()
    }
  } finally {
    lock.release()
  }
}
