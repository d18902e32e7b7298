/**
 * The words that tables are written in, once for each database. Drizzle has no neutral schema, and two copies of one drift
 * apart; so both kits offer the same names, `tables.ts` is a function of a kit, and the types come from the SQLite side.
 */
import * as lite from 'drizzle-orm/sqlite-core'
import * as pg from 'drizzle-orm/pg-core'

export const sqliteKit = {
  table: lite.sqliteTable,
  index: lite.index,
  uniqueIndex: lite.uniqueIndex,
  primaryKey: lite.primaryKey,
  text: (name: string) => lite.text(name),
  /** Up to 2^53: times in milliseconds, nano-dollars, counts. */
  int: (name: string) => lite.integer(name),
  real: (name: string) => lite.real(name),
  bool: (name: string) => lite.integer(name, { mode: 'boolean' }),
  json: <T>(name: string) => lite.text(name, { mode: 'json' }).$type<T>(),
  bytes: (name: string) => lite.blob(name, { mode: 'buffer' }),
}
export type Kit = typeof sqliteKit

/**
 * JSON is text here too, not jsonb: Postgres refuses `\u0000` and lone surrogates inside jsonb, and what providers send may
 * hold either. Nothing is asked of these columns that LIKE cannot answer.
 */
const pgJson = pg.customType<{ data: unknown; driverData: string }>({
  dataType: () => 'text',
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => JSON.parse(value),
})

const pgBytes = pg.customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

const levelKit = {
  table: pg.pgTable,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  primaryKey: pg.primaryKey,
  text: (name: string) => pg.text(name),
  int: (name: string) => pg.bigint(name, { mode: 'number' }),
  real: (name: string) => pg.doublePrecision(name),
  bool: (name: string) => pg.boolean(name),
  json: <T>(name: string) => pgJson(name).$type<T>(),
  bytes: (name: string) => pgBytes(name),
} satisfies Record<keyof Kit, unknown>

/** Cast once, here: everything that is written with a kit sees the SQLite types. */
export const postgresKit = levelKit as unknown as Kit
