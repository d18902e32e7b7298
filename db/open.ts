/** Opens a database by its configured name: `sqlite` (a file in the data folder) or a postgres:// address. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine, ReadDb, WriteDb } from './engine.ts'
import type { Store } from './store.ts'
import { createApplied, defaultMigrationsDir, missing, readMigrations, statementsOf } from './migrate.ts'
import type { Applied } from './migrate.ts'
import { createStore } from './record.ts'
import { openSqlite, openSqliteReader, openSqliteWriter } from './sqlite.ts'
import type { Sqlite } from './sqlite.ts'
import { createSqliteEngine } from './sqlite-engine.ts'

export type { ReadDb, WriteDb } from './engine.ts'

export interface OpenOptions {
  dataDir: string
  /** `sqlite` or `postgres://…`. */
  database: string
  /** Folder with `sqlite/` and `postgres/`; default: beside this file. */
  migrationsDir?: string
  /** For tests: the clock that decides what is older than a day. */
  now?: () => number
}

/**
 * The recorder's handle; brings the schema up to date first. One at a time for a data folder (`recorder.lock`).
 * @throws when the database was written by a newer Weir, or cannot be reached.
 */
export const openStore = async ({
  dataDir,
  database,
  migrationsDir = defaultMigrationsDir(),
  now,
}: OpenOptions): Promise<Store> => {
  mkdirSync(dataDir, { recursive: true })
  const engine = await openEngine(dataDir, database, migrationsDir)
  return createStore(engine, { writer: readWriter(dataDir), now })
}

/**
 * For questions only; a reader can never hold up the recorder. The store must have been opened once before.
 * @throws when there is no database yet.
 */
export const openReadDb = async ({ dataDir, database }: Pick<OpenOptions, 'dataDir' | 'database'>): Promise<ReadDb> =>
  isPostgres(database) ? (await import('./postgres.ts')).openPostgresReader(database) : openSqliteReader(dataDir)

/**
 * For small writes beside the recorder's: they wait until its transaction is over. The store must have been opened once before.
 * @throws when there is no database yet.
 */
export const openWriteDb = async ({
  dataDir,
  database,
}: Pick<OpenOptions, 'dataDir' | 'database'>): Promise<WriteDb> =>
  isPostgres(database) ? (await import('./postgres.ts')).openPostgresWriter(database) : openSqliteWriter(dataDir)

async function openEngine(dataDir: string, database: string, migrationsDir: string): Promise<Engine> {
  // Loaded only where it is used: every thread that opens a database pays for what it loads.
  if (isPostgres(database)) return (await import('./postgres.ts')).openPostgres(database, migrationsDir)
  if (database !== 'sqlite') throw new Error(`database: “${database}” is neither sqlite nor a postgres:// address.`)
  const client = openSqlite(dataDir)
  try {
    migrateSqlite(client, migrationsDir, `The database in ${dataDir}`)
    return createSqliteEngine(client, dataDir)
  } catch (error) {
    client.close()
    throw error
  }
}

const isPostgres = (database: string): boolean => /^postgres(ql)?:\/\//.test(database)

function migrateSqlite(client: Sqlite, migrationsDir: string, where: string): void {
  client
    .transaction(() => {
      client.exec(createApplied)
      const applied = client.prepare('select tag, version from weir_migrations order by tag').all() as Applied[]
      const todo = missing(readMigrations('sqlite', migrationsDir), applied, where)
      for (const { sql, values } of statementsOf(todo, Date.now(), () => '?')) client.prepare(sql).run(...values)
    })
    .immediate()
}

/** The name under which this data folder stores rows, the same for ever: a shared Postgres has several writers. */
function readWriter(dataDir: string): string {
  const file = join(dataDir, 'store.id')
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(6).toString('hex')}\n`, { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}
