/** The Postgres side: pools, the schema's migrations under a lock, and the engine that writes. */
import pg from 'pg'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { desc, getTableColumns, inArray, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { settling } from './sessions/settle.ts'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Db, Engine, ReadDb, SearchDoc, Write, WriteDb } from './engine.ts'
import { demandKept, expire, keptQuestion } from './frames/expire.ts'
import type { Answer, Expire, Question } from './frames/expire.ts'
import { postgresKit } from './kit.ts'
import { createApplied, missing, readMigrations, statementsOf } from './migrate.ts'
import type { Applied } from './migrate.ts'
import { REPLACED } from './pack.ts'
import { createTables } from './tables.ts'
import { toIdWord, toTsVector } from './words.ts'

/** Names of our advisory locks: "weir" in ASCII, and the next. */
const MIGRATION_LOCK = 0x77656972
const PRUNE_LOCK = 0x77656973
const KEYS_LOCK = 0x77656974
/** A statement may have 65,535 parameters. */
const PARAMETERS = 60_000
/** No question of a dashboard is worth more of a shared server. */
const QUESTION_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 5000

export const openPostgres = async (url: string, migrationsDir: string): Promise<Engine> => {
  const pool = createPool(url, 2, 'set jit = off')
  try {
    await migrate(pool, migrationsDir, withoutPassword(url))
  } catch (error) {
    await pool.end()
    throw error
  }
  return createEngine(pool)
}

export const openPostgresReader = (url: string): ReadDb => {
  const pool = createPool(
    url,
    2,
    `set jit = off; set default_transaction_read_only = on; set statement_timeout = ${QUESTION_TIMEOUT_MS}`,
  )
  return { kind: 'postgres', db: asDb(drizzle(pool)), tables: createTables(postgresKit), close: endOnce(pool) }
}

export const openPostgresWriter = (url: string): WriteDb => {
  const pool = createPool(url, 1, `set jit = off; set statement_timeout = ${QUESTION_TIMEOUT_MS}`)
  const db = asDb(drizzle(pool)) as WriteDb['db']
  return { kind: 'postgres', db, tables: createTables(postgresKit), close: endOnce(pool) }
}

/** The one place where a Postgres handle takes the SQLite type: the queries are written in what both understand. */
const asDb = (db: NodePgDatabase): Db => db as unknown as Db

function createPool(url: string, max: number, setup: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'weir',
    keepAlive: true,
    // The next question waits until this one is done, so no connection is used before it is set up.
    onConnect: async (client) => void (await client.query(setup)),
  } as pg.PoolConfig)
  // An idle connection that breaks is replaced at the next question, which reports what is wrong; unheard it would end the process.
  pool.on('error', () => {})
  return pool
}

/** pg takes a second `end` for a mistake; SQLite does not mind. */
const endOnce = (pool: pg.Pool) => {
  let ended: Promise<void> | null = null
  return () => (ended ??= pool.end())
}

const withoutPassword = (url: string): string => url.replace(/\/\/[^@/]*@/, '//')

async function migrate(pool: pg.Pool, migrationsDir: string, where: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    await client.query(createApplied)
    const { rows } = await client.query<Applied>('select tag, version from weir_migrations order by tag')
    const todo = missing(readMigrations('postgres', migrationsDir), rows, where)
    for (const { sql: text, values } of statementsOf(todo, Date.now(), (n) => `$${n}`)) await client.query(text, values)
  })
}

async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    client.release(broken)
  }
}

function createEngine(pool: pg.Pool): Engine {
  const tables = createTables(postgresKit)
  const atomic = (writes: readonly Write[]): Promise<void> =>
    inTransaction(pool, async (client) => {
      for (const write of writes) await perform(client, tables, write)
    })
  const one = async (text: string): Promise<number> =>
    Number((await pool.query({ text, rowMode: 'array' })).rows[0]?.[0] ?? 0)
  return {
    kind: 'postgres',
    db: asDb(drizzle(pool)),
    tables,
    existing: async (ids) => {
      const { rows } = await pool.query<{ id: string; pk: string }>('select id, pk from calls where id = any($1)', [
        ids,
      ])
      return rows.map(({ id, pk }) => ({ id, pk: Number(pk) }))
    },
    heads: async (hashes, most) => {
      const t = tables.heads
      return asDb(drizzle(pool))
        .select()
        .from(t)
        .where(inArray(t.hash, hashes as string[]))
        .orderBy(desc(t.pk))
        .limit(most)
    },
    numbers: async (of, count) => {
      const { rows } = await pool.query<{ n: string }>(`select nextval('${of}') as n from generate_series(1, $1)`, [
        count,
      ])
      return rows.map(({ n }) => Number(n)).sort((a, b) => a - b)
    },
    atomic,
    exclusively: async (work) => {
      const client = await pool.connect()
      try {
        const { rows } = await client.query('select pg_try_advisory_lock($1) as mine', [PRUNE_LOCK])
        if (!rows[0].mine) return null
        try {
          return await work()
        } finally {
          await client.query('select pg_advisory_unlock($1)', [PRUNE_LOCK])
        }
      } finally {
        client.release()
      }
    },
    shrink: () => {},
    checkpoint: () => true,
    diskBytes: () => one('select pg_database_size(current_database())'),
    usedBytes: () => one(`select coalesce(sum(value), 0) from meta where name = 'content_bytes'`),
    close: endOnce(pool),
  }
}

async function perform(client: pg.PoolClient, tables: Engine['tables'], write: Write): Promise<void> {
  if ('insert' in write) return insert(client, tables, write)
  if ('index' in write) return index(client, write.index)
  if ('fold' in write) return fold(client, tables, write)
  if ('settle' in write) return settle(client, write.settle)
  if ('expire' in write) return expireContent(client, write.expire)
  if ('keep' in write) return keepKeys(client, write.keep)
  const db = drizzle(client)
  if ('unindex' in write) {
    await client.query('delete from search where call_pk = any($1)', [write.unindex.map(({ pk }) => pk)])
  } else if ('count' in write) {
    for (const [name, value] of Object.entries(write.count)) await count(client, name, value)
  } else if ('remove' in write) {
    const table = tables[write.remove] as unknown as PgTable
    await db.delete(table).where(inArray(getTableColumns(table)[write.column]!, write.values as never))
  } else {
    const table = tables[write.table] as unknown as PgTable
    await db
      .update(table)
      .set(write.set)
      .where(inArray(getTableColumns(table)[write.column]!, write.values as never))
  }
}

const count = (client: pg.PoolClient, name: string, value: number) =>
  client.query(
    'insert into meta(name, value) values($1, $2) on conflict(name) do update set value = meta.value + excluded.value',
    [name, value],
  )

const within = (n: number): string => `= any($${n})`

const ask = async (client: pg.PoolClient, { sql: text, values }: Question): Promise<Answer[]> =>
  (await client.query<Answer>(text, values)).rows

/** Nobody may make a delta to what is looked through here: a row that nothing refers to now would be removed under it. */
async function expireContent(client: pg.PoolClient, what: Expire): Promise<void> {
  if (what.pks.length === 0) return
  await client.query('select pg_advisory_xact_lock($1)', [KEYS_LOCK])
  const questions = expire(what, within)
  let step = questions.next()
  while (!step.done) step = questions.next(await ask(client, step.value))
  await count(client, 'content_bytes', -step.value)
}

/** Many may at once, but not while somebody expires. */
async function keepKeys(client: pg.PoolClient, keys: readonly number[]): Promise<void> {
  await client.query('select pg_advisory_xact_lock_shared($1)', [KEYS_LOCK])
  demandKept(keys, await ask(client, keptQuestion(keys, REPLACED, within)))
}

async function insert(
  client: pg.PoolClient,
  tables: Engine['tables'],
  write: Extract<Write, { insert: unknown }>,
): Promise<void> {
  const table = tables[write.insert] as unknown as PgTable
  const columns = getTableColumns(table)
  const chunk = Math.floor(PARAMETERS / Object.keys(columns).length)
  const db = drizzle(client)
  for (let at = 0; at < write.rows.length; at += chunk) {
    const statement = db.insert(table).values(write.rows.slice(at, at + chunk) as never)
    if (!write.key) await statement
    else {
      const set = Object.fromEntries(write.update!.map((name) => [name, sql.raw(`excluded."${columns[name]!.name}"`)]))
      await statement.onConflictDoUpdate({ target: columns[write.key]!, set })
    }
  }
}

/** One statement a row would be slow; a row twice in one is refused, and folds have each once. */
async function fold(
  client: pg.PoolClient,
  tables: Engine['tables'],
  { fold: name, rows, add, least, most }: Extract<Write, { fold: unknown }>,
): Promise<void> {
  const table = tables[name] as unknown as PgTable
  const columns = getTableColumns(table)
  const chunk = Math.floor(PARAMETERS / Object.keys(columns).length)
  const set: Record<string, SQL> = {}
  const both = (key: string) => [columns[key]!, sql.raw(`excluded."${columns[key]!.name}"`)] as const
  for (const key of add) set[key] = sql`${both(key)[0]} + ${both(key)[1]}`
  for (const key of least) set[key] = sql`least(${both(key)[0]}, ${both(key)[1]})`
  for (const key of most) set[key] = sql`greatest(${both(key)[0]}, ${both(key)[1]})`
  for (let at = 0; at < rows.length; at += chunk) {
    const statement = drizzle(client)
      .insert(table)
      .values(rows.slice(at, at + chunk) as never)
    await statement.onConflictDoUpdate({ target: columns.id!, set })
  }
}

async function settle(client: pg.PoolClient, sessionIds: readonly string[]): Promise<void> {
  for (const text of settling(within)) await client.query(text, [sessionIds])
}

async function index(client: pg.PoolClient, docs: readonly SearchDoc[]): Promise<void> {
  if (docs.length === 0) return
  await client.query(
    `insert into search(call_pk, ids, text)
     select pk, string_to_array(ids, ' '), text::tsvector from unnest($1::bigint[], $2::text[], $3::text[]) as t(pk, ids, text)
     on conflict(call_pk) do update set ids = excluded.ids, text = excluded.text`,
    [
      docs.map(({ pk }) => pk),
      docs.map(({ ids }) => ids.map(toIdWord).join(' ')),
      docs.map(({ text }) => toTsVector(text)),
    ],
  )
}
