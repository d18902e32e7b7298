/** What separates the tables in the code from the last migration. Only for development: drizzle-kit is no run-time dependency. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import type * as Api from 'drizzle-kit/api'
import { postgresKit, sqliteKit } from '../db/kit.ts'
import { createTables } from '../db/tables.ts'

// Its ES module build reaches for `require`: the CommonJS one works.
const kitApi = createRequire(import.meta.url)('drizzle-kit/api') as typeof Api

export interface MigrationJournal {
  version: string
  dialect: string
  entries: { idx: number; version: string; when: number; tag: string; breakpoints: boolean }[]
}

/** drizzle-kit's own list of migrations, in its own format. */
export const readJournal = (kind: 'sqlite' | 'postgres', folder: string): MigrationJournal => {
  const file = join(folder, kind, 'meta/_journal.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as MigrationJournal
  return { version: '7', dialect: kind === 'sqlite' ? 'sqlite' : 'postgresql', entries: [] }
}

/** The statements that would bring the last migration up to the code, and the code's snapshot; no statements: no drift. */
export const diffSchema = async (kind: 'sqlite' | 'postgres', folder: string) => {
  const last = readJournal(kind, folder).entries.at(-1)
  const before = last
    ? JSON.parse(readFileSync(join(folder, kind, 'meta', `${last.tag.slice(0, 4)}_snapshot.json`), 'utf8'))
    : null
  if (kind === 'sqlite') {
    const empty = await kitApi.generateSQLiteDrizzleJson({})
    const snapshot = await kitApi.generateSQLiteDrizzleJson(createTables(sqliteKit), before?.id ?? empty.id)
    return { snapshot, statements: await kitApi.generateSQLiteMigration(before ?? empty, snapshot) }
  }
  const empty = kitApi.generateDrizzleJson({})
  const snapshot = kitApi.generateDrizzleJson(createTables(postgresKit), before?.id ?? empty.id)
  return { snapshot, statements: await kitApi.generateMigration(before ?? empty, snapshot) }
}
