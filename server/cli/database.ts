/** For commands that change what is stored: the database of the data folder, beside a running Weir or without one. */
import { existsSync } from 'node:fs'
import { openStore, openWriteDb } from '../../db/open.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import type { Control } from '../control/keys.ts'
import { openDataFolder } from '../data-folder.ts'
import { acquireRecorderLock } from '../journal/lock.ts'
import type { Command } from './arguments.ts'
import { toConfigInput } from './config-input.ts'
import type { Places, Terminal } from './terminal.ts'

export type MigrationsDir = Pick<Places, 'migrationsDir'>

/** Makes or updates the database where no Weir runs that would; a data folder only where `mayMake` says so. */
export async function withDatabase(
  {
    command,
    terminal,
    migrationsDir,
    mayMake,
  }: { command: Command; terminal: Terminal; mayMake: boolean } & MigrationsDir,
  work: (control: Control, config: Config) => Promise<void>,
): Promise<void> {
  const { config } = loadConfig(toConfigInput(command, terminal))
  const { data: dataDir, database, keyHashesKey, masterKey } = config
  const isNew = !existsSync(dataDir)
  if (isNew && !mayMake) throw new Error(`There is no data folder ${dataDir}: name it with --data.`)
  if (isNew) openDataFolder(dataDir, (line) => terminal.complain(line))
  const lock = acquireRecorderLock(dataDir)
  try {
    if (lock) await (await openStore({ dataDir, database, migrationsDir })).close()
    const db = await openWriteDb({ dataDir, database })
    try {
      await work({ db, dataDir, keyHashesKey, masterKey }, config)
    } finally {
      await db.close()
    }
  } finally {
    lock?.release()
  }
}
