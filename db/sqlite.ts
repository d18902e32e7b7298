/** The SQLite connections: one that writes (the recorder's), any number that cannot. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { ReadDb, WriteDb } from './engine.ts'
import { sqliteKit } from './kit.ts'
import { createTables } from './tables.ts'

export type Sqlite = InstanceType<typeof Database>

export const databaseFile = (dataDir: string): string => join(dataDir, 'weir.db')

const MIB = 1024 * 1024
/** What a reader may hold of the file in its address space; pages are shared with the system's cache. */
const MMAP = 256 * MIB
/** The log is cut back to this when it starts over; a long reader can make it grow. */
const WAL_KEPT = 64 * MIB

/**
 * NORMAL: a commit survives a crash of Weir, not of the machine; the journal is the promise, and keeps a segment until the WAL is
 * checkpointed. Checkpoints are the recorder's decision: an automatic one may take 100 ms in the middle of a batch.
 */
export const openSqlite = (dataDir: string): Sqlite => {
  const db = new Database(databaseFile(dataDir), { timeout: 2000 })
  // Before anything is written: page size and vacuum mode are fixed by the first page. 8 kB pages hold several calls each.
  db.pragma('page_size = 8192')
  db.pragma('auto_vacuum = INCREMENTAL')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
  db.pragma('wal_autocheckpoint = 0')
  db.pragma(`journal_size_limit = ${WAL_KEPT}`)
  // What retention removes is overwritten, also where the index merged it away long before (no cost that could be measured).
  db.pragma('secure_delete = ON')
  db.pragma('cache_size = -16000')
  db.pragma('temp_store = MEMORY')
  db.pragma('trusted_schema = OFF')
  return db
}

/** @throws when there is no database yet: the recorder creates it. */
export const openSqliteReader = (dataDir: string): ReadDb => {
  const client = new Database(databaseFile(dataDir), { readonly: true, fileMustExist: true, timeout: 2000 })
  client.pragma('query_only = ON')
  client.pragma(`mmap_size = ${MMAP}`)
  client.pragma('cache_size = -16000')
  client.pragma('temp_store = MEMORY')
  client.pragma('trusted_schema = OFF')
  return { kind: 'sqlite', db: drizzle(client), tables: createTables(sqliteKit), close: () => void client.close() }
}

/** A batch of the recorder takes 50 ms, a migration or the removal of old content longer. */
const WAIT_FOR_WRITER_MS = 10_000

/** @throws when there is no database yet: the recorder creates it. */
export const openSqliteWriter = (dataDir: string): WriteDb => {
  if (!existsSync(databaseFile(dataDir))) throw new Error(`There is no database in ${dataDir} yet.`)
  const client = openSqlite(dataDir)
  client.pragma(`busy_timeout = ${WAIT_FOR_WRITER_MS}`)
  // No journal stands behind these writes: what was answered must survive a loss of power too.
  client.pragma('synchronous = FULL')
  client.pragma('cache_size = -2000')
  return { kind: 'sqlite', db: drizzle(client), tables: createTables(sqliteKit), close: () => void client.close() }
}
