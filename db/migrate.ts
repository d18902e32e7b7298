/**
 * Brings a database up to this Weir's schema, in one transaction, and refuses one that a newer Weir has changed: it names the
 * version that is needed. drizzle's own migrator does neither lock nor look for newer migrations.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import type { Kind } from './engine.ts'

export interface Migration {
  tag: string
  hash: string
  statements: string[]
}

/** In the source tree; the packaged build passes its own folder. */
export const defaultMigrationsDir = (): string => join(import.meta.dirname, 'migrations')

export const readMigrations = (kind: Kind, migrationsDir: string): Migration[] => {
  const journal = join(migrationsDir, kind, 'meta/_journal.json')
  if (!existsSync(journal))
    throw new Error(
      `The database migrations are not where they should be (${journal}): this installation of Weir is incomplete.`,
    )
  const { entries } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { tag: string }[] }
  return entries.map(({ tag }) => {
    const text = readFileSync(join(migrationsDir, kind, `${tag}.sql`), 'utf8')
    return {
      tag,
      hash: createHash('sha256').update(text).digest('hex'),
      statements: text.split('--> statement-breakpoint').map((statement) => statement.trim()),
    }
  })
}

/** A row of `weir_migrations`. */
export interface Applied {
  tag: string
  version: string
}

export const createApplied =
  'create table if not exists weir_migrations (tag text primary key, hash text not null, version text not null, applied_at bigint not null)'

/** What is left to do. @throws when the database knows migrations that this Weir does not. */
export const missing = (known: readonly Migration[], applied: readonly Applied[], where: string): Migration[] => {
  const foreign = applied.filter(({ tag }) => !known.some((migration) => migration.tag === tag)).at(-1)
  if (foreign)
    throw new Error(
      `${where} was written by Weir ${foreign.version}, which is newer than this one (${manifest.version}). ` +
        `Start Weir ${foreign.version} or later, or give another data folder.`,
    )
  const done = new Set(applied.map(({ tag }) => tag))
  return known.filter(({ tag }) => !done.has(tag))
}

export const weirVersion = (): string => manifest.version

/** Sync and async alike: one statement after the other through `run`. */
export const statementsOf = (todo: readonly Migration[], now: number, placeholder: (n: number) => string) =>
  todo.flatMap(({ tag, hash, statements }) => [
    ...statements.map((sql) => ({ sql, values: [] as unknown[] })),
    {
      sql: `insert into weir_migrations values(${[1, 2, 3, 4].map(placeholder).join(', ')})`,
      values: [tag, hash, manifest.version, now] as unknown[],
    },
  ])
