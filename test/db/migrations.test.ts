// The schema in the code is the schema of the migrations; a database of a newer Weir is refused by name; a half-done start leaves nothing.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { defaultMigrationsDir, readMigrations } from '../../db/migrate.ts'
import { openReadDb, openStore } from '../../db/open.ts'
import { diffSchema } from '../../scripts/schema-diff.ts'
import { toRecorded } from './calls.ts'
import { describeDatabases } from './databases.ts'

test.each(['sqlite', 'postgres'] as const)(
  'the migrations for %s lead to the tables in the code: else run scripts/generate-migrations.ts',
  async (kind) => {
    expect((await diffSchema(kind, defaultMigrationsDir())).statements).toEqual([])
  },
)

test('both databases have the same migrations', () => {
  const tags = (kind: 'sqlite' | 'postgres') => readMigrations(kind, defaultMigrationsDir()).map(({ tag }) => tag)
  expect(tags('sqlite')).toEqual(tags('postgres'))
})

/** A copy of the migrations with one more, as a later Weir would bring it. */
const laterMigrations = (statement: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-migrations-'))
  cpSync(defaultMigrationsDir(), folder, { recursive: true })
  for (const kind of ['sqlite', 'postgres']) {
    const file = join(folder, kind, 'meta/_journal.json')
    const journal = JSON.parse(readFileSync(file, 'utf8'))
    journal.entries.push({ ...journal.entries.at(-1), tag: '9999_later' })
    writeFileSync(file, JSON.stringify(journal))
    writeFileSync(join(folder, kind, '9999_later.sql'), statement)
  }
  return folder
}

describeDatabases((databases) => {
  test('a later migration is applied to data that is there, and then an older Weir refuses, naming the version', async () => {
    const { record, dataDir, database } = await databases.open()
    await record(toRecorded())
    const later = await openStore({
      dataDir,
      database,
      migrationsDir: laterMigrations('create table later (x integer)'),
    })
    expect(await later.callsRecorded()).toBe(1)
    await later.close()
    await expect(openStore({ dataDir, database })).rejects.toThrow(/written by Weir \d+\.\d+\.\d+, which is newer/)
  })

  test('a migration that fails leaves the database as it was', async () => {
    const { dataDir, database } = await databases.open()
    const broken = laterMigrations('create table half (x integer);\n--> statement-breakpoint\nthis is no sql')
    await expect(openStore({ dataDir, database, migrationsDir: broken })).rejects.toThrow()
    const again = await openStore({ dataDir, database })
    expect(await again.callsRecorded()).toBe(0)
    await again.close()
  })

  test('missing migration files are named', async () => {
    const { dataDir, database } = await databases.open()
    await expect(openStore({ dataDir, database, migrationsDir: '/nowhere' })).rejects.toThrow('/nowhere')
  })
})

test('a reader needs a database that is there, and cannot write', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-db-'))
  await expect(openReadDb({ dataDir, database: 'sqlite' })).rejects.toThrow()
  await expect(openStore({ dataDir, database: 'mysql://x' })).rejects.toThrow('mysql')
  const store = await openStore({ dataDir, database: 'sqlite' })
  const read = await openReadDb({ dataDir, database: 'sqlite' })
  const client = (read.db as unknown as { $client: InstanceType<typeof Database> }).$client
  expect(() => client.exec('delete from calls')).toThrow(/readonly|query_only/i)
  await read.close()
  await store.close()
})
