/** Runs a file's tests over both databases: `describeDatabases((databases) => …)`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { openReadDb, openStore } from '../../db/open.ts'
import type { ReadDb } from '../../db/engine.ts'
import type { RecordedCall, Store } from '../../db/store.ts'
import { startPostgres, whyNoPostgres } from '../support/postgres.ts'
import type { Postgres } from '../support/postgres.ts'

export interface Opened {
  store: Store
  read: ReadDb
  dataDir: string
  database: string
  /** Stores calls without any journal position. */
  record(...calls: RecordedCall[]): Promise<void>
  close(): Promise<void>
}

export interface Databases {
  kind: 'sqlite' | 'postgres'
  /** A new, empty database; closed by `close` or at the end of the file. */
  open(options?: { now?: () => number; database?: string; dataDir?: string }): Promise<Opened>
}

export const describeDatabases = (tests: (databases: Databases) => void): void => {
  describe('on SQLite', () => tests(createDatabases('sqlite', () => Promise.resolve('sqlite'))))
  const reason = whyNoPostgres()
  if (reason) console.warn(reason)
  describe.skipIf(reason !== null)('on Postgres', () => {
    let server: Postgres
    beforeAll(async () => void (server = await startPostgres()), 60_000)
    afterAll(() => server?.close())
    tests(createDatabases('postgres', () => server.create()))
  })
}

function createDatabases(kind: Databases['kind'], create: () => Promise<string>): Databases {
  const opened: Opened[] = []
  afterAll(async () => {
    for (const one of opened) await one.close()
  })
  return {
    kind,
    open: async (options = {}) => {
      const one = await openOne({
        dataDir: mkdtempSync(join(tmpdir(), 'weir-db-')),
        database: options.database ?? (await create()),
        ...options,
      })
      opened.push(one)
      return one
    },
  }
}

async function openOne(options: { dataDir: string; database: string; now?: () => number }): Promise<Opened> {
  const { dataDir, database } = options
  const store = await openStore(options)
  const read = await openReadDb(options)
  let closed = false
  return {
    store,
    read,
    dataDir,
    database,
    record: async (...calls) => store.record({ calls, positions: [], open: [] }),
    close: async () => {
      if (closed) return
      closed = true
      await read.close()
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
