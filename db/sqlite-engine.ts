/**
 * The writing side of SQLite. Statements are prepared once and bound straight from rows: drizzle's own prepared inserts cost about
 * as much again as SQLite itself for 75 columns (measured: see test/db/cost.ts), and this is the hottest loop of the
 * recorder. The SQL still comes from the one schema: column names and conversions are read off the tables.
 */
import { statSync } from 'node:fs'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { getTableColumns, getTableName } from 'drizzle-orm'
import type { Engine, SearchDoc, TableName, Write } from './engine.ts'
import { demandKept, expire, keptQuestion } from './frames/expire.ts'
import type { Answer, Question } from './frames/expire.ts'
import { sqliteKit } from './kit.ts'
import { REPLACED } from './pack.ts'
import { settling } from './sessions/settle.ts'
import { databaseFile } from './sqlite.ts'
import type { Sqlite } from './sqlite.ts'
import { createTables } from './tables.ts'
import type { HeadRow, Tables } from './tables.ts'
import { toIdWord, toIndexText } from './words.ts'

/** Free pages given back at a time: 8 MB, a few milliseconds. */
const PAGES_A_SHRINK = 1000

export const createSqliteEngine = (client: Sqlite, dataDir: string): Engine => {
  const tables = createTables(sqliteKit)
  const statements = createStatements(client, tables)
  const counters = createCounters(client)
  const ask = statements.ask

  const write = (one: Write): void => {
    if ('insert' in one) {
      const insert = statements.insert(one.insert, one.key, one.update)
      for (const row of one.rows) insert(row)
    } else if ('remove' in one) statements.remove(one.remove, one.column).run(JSON.stringify(one.values))
    else if ('set' in one) statements.set(one.table, one.column, one.set, one.values)
    else if ('fold' in one) {
      const fold = statements.fold(one.fold, one.add, one.least, one.most)
      for (const row of one.rows) fold(row)
    } else if ('settle' in one) for (const statement of settle) statement.run(JSON.stringify(one.settle))
    else if ('index' in one) for (const doc of one.index.filter(hasWords)) statements.index.run(...searchValues(doc))
    else if ('unindex' in one)
      for (const doc of one.unindex.filter(hasWords)) statements.unindex.run(...searchValues(doc))
    else if ('expire' in one) statements.count.run('content_bytes', -answered(expire(one.expire, within), ask))
    else if ('keep' in one) demandKept(one.keep, ask(keptQuestion(one.keep, REPLACED, within)))
    else for (const [name, value] of Object.entries(one.count)) statements.count.run(name, value)
  }

  const transaction = client.transaction((writes: readonly Write[]) => {
    for (const one of writes) write(one)
    counters.save()
  })
  const atomic = (writes: readonly Write[]): void => {
    try {
      transaction.immediate(writes)
    } catch (error) {
      counters.forget()
      throw error
    }
  }

  const pages = (what: 'page_count' | 'freelist_count' | 'page_size'): number =>
    client.pragma(what, { simple: true }) as number
  const settle = settling(() => 'in (select value from json_each(?))').map((text) => client.prepare(text))
  const heads = client.prepare(
    'select pk, hash, call_id as callId, kind, session_id as sessionId, lane, turn, depth, system, tools, cache_read as cacheRead, at, continued' +
      ' from heads where hash in (select value from json_each(?)) order by pk desc limit ?',
  )
  const existing = client.prepare('select id, pk from calls where id in (select value from json_each(?))')

  return {
    kind: 'sqlite',
    db: drizzle(client),
    tables,
    existing: (ids) => existing.all(JSON.stringify(ids)) as { id: string; pk: number }[],
    heads: (hashes, most) =>
      (heads.all(JSON.stringify(hashes), most) as HeadRow[]).map((row) => ({
        ...row,
        continued: Boolean(row.continued),
      })),
    numbers: (of, count) => counters.take(of, count),
    atomic,
    exclusively: (work) => work(),
    shrink: () => {
      if (pages('freelist_count') > 0) client.pragma(`incremental_vacuum(${PAGES_A_SHRINK})`)
    },
    checkpoint: () => checkpoint(client),
    diskBytes: () => sizeOf(databaseFile(dataDir)) + sizeOf(`${databaseFile(dataDir)}-wal`),
    usedBytes: () => (pages('page_count') - pages('freelist_count')) * pages('page_size'),
    close: () => void client.close(),
  }
}

/** PASSIVE never waits; the whole log is in the file, with fsync, when nothing is left over. */
function checkpoint(client: Sqlite): boolean {
  const [result] = client.pragma('wal_checkpoint(PASSIVE)') as { busy: number; log: number; checkpointed: number }[]
  return result !== undefined && result.busy === 0 && result.log === result.checkpointed
}

function createStatements(client: Sqlite, tables: Tables) {
  const known = new Map<string, unknown>()
  const once = <T>(name: string, make: () => T): T => {
    if (!known.has(name)) known.set(name, make())
    return known.get(name) as T
  }
  const columnName = (table: TableName, key: string): string => columnsOf(tables[table])[key]!.name

  return {
    insert: (table: TableName, key?: string, update?: readonly string[]) =>
      once(`insert ${table} ${key}`, () => {
        const sets = update?.map((name) => `"${columnName(table, name)}" = excluded."${columnName(table, name)}"`)
        const conflict = key ? ` on conflict("${columnName(table, key)}") do update set ${sets!.join(', ')}` : ''
        return createInsert(client, tables, table, conflict)
      }),
    fold: (table: TableName, add: readonly string[], least: readonly string[], most: readonly string[]) =>
      once(`fold ${table}`, () => {
        const name = (key: string) => `"${columnName(table, key)}"`
        const own = `"${getTableName(tables[table])}"`
        const sets = [
          ...add.map((key) => `${name(key)} = ${own}.${name(key)} + excluded.${name(key)}`),
          ...least.map((key) => `${name(key)} = min(${own}.${name(key)}, excluded.${name(key)})`),
          ...most.map((key) => `${name(key)} = max(${own}.${name(key)}, excluded.${name(key)})`),
        ]
        return createInsert(client, tables, table, ` on conflict("id") do update set ${sets.join(', ')}`)
      }),
    remove: (table: TableName, column: string) =>
      once(`remove ${table} ${column}`, () =>
        client.prepare(
          `delete from "${getTableName(tables[table])}" where "${columnName(table, column)}" in (select value from json_each(?))`,
        ),
      ),
    set: (table: TableName, column: string, set: Partial<Record<string, unknown>>, values: readonly unknown[]) => {
      const [[key, value] = []] = Object.entries(set)
      const statement = once(`set ${table} ${column} ${key}`, () =>
        client.prepare(
          `update "${getTableName(tables[table])}" set "${columnName(table, key!)}" = ? where "${columnName(table, column)}" in (select value from json_each(?))`,
        ),
      )
      statement.run(Array.isArray(value) ? toJson(value) : value, JSON.stringify(values))
    },
    ask: ({ sql, values }: Question): Answer[] => {
      const statement = once(sql, () => client.prepare(sql))
      const bound = Object.fromEntries(
        values.map((value, i) => [i + 1, Array.isArray(value) ? JSON.stringify(value) : value]),
      )
      if (statement.reader) return statement.all(bound) as Answer[]
      statement.run(bound)
      return []
    },
    count: client.prepare(
      'insert into meta(name, value) values(?, ?) on conflict(name) do update set value = value + excluded.value',
    ),
    index: client.prepare('insert into search(rowid, ids, text) values(?, ?, ?)'),
    unindex: client.prepare("insert into search(search, rowid, ids, text) values('delete', ?, ?, ?)"),
  }
}

const within = (n: number): string => `in (select value from json_each($${n}))`

function answered<T>(questions: Generator<Question, T, Answer[]>, ask: (question: Question) => Answer[]): T {
  let step = questions.next()
  while (!step.done) step = questions.next(ask(step.value))
  return step.value
}

const columnsOf = (table: Tables[TableName]) =>
  getTableColumns(table) as Record<string, { name: string; dataType: string }>

/** Statements for as many combinations of columns; a mixed load has a dozen. */
const SHAPES = 32

/**
 * Each column bound costs 0.15 µs on its way through Node-API, and half the columns of a call are null: rows are written with the
 * columns that they have. Rows of one kind have the same ones, so a few statements do for all.
 */
function createInsert(client: Sqlite, tables: Tables, table: TableName, conflict: string) {
  const columns = columnsOf(tables[table])
  const keys = Object.keys(columns)
  const quoted = (name: string) => `"${columns[name]!.name}"`
  const prepare = (names: readonly string[]) =>
    client.prepare(
      `insert into "${getTableName(tables[table])}"(${names.map(quoted).join(', ')}) values(${names.map(() => '?').join(', ')})${conflict}`,
    )
  const all = prepare(keys)
  const isJson = keys.map((name) => columns[name]!.dataType === 'json')
  const shapes = new Map<string, ReturnType<typeof prepare>>()

  return (row: object): void => {
    const values: unknown[] = []
    let shape = ''
    let bits = 0
    for (let i = 0; i < keys.length; i++) {
      const value = (row as Record<string, unknown>)[keys[i]!]
      if (value !== null && value !== undefined) {
        values.push(isJson[i] ? toJson(value) : typeof value === 'boolean' ? Number(value) : value)
        bits |= 1 << (i & 15)
      }
      if ((i & 15) === 15) {
        shape += String.fromCharCode(bits)
        bits = 0
      }
    }
    shape += String.fromCharCode(bits)
    let statement = shapes.get(shape)
    if (!statement && shapes.size < SHAPES) {
      const has = (i: number) => (shape.charCodeAt(i >> 4) >> (i & 15)) & 1
      shapes.set(shape, (statement = prepare(keys.filter((_, i) => has(i)))))
    }
    if (statement) statement.run(values)
    else all.run(withNulls(values, shape, keys.length))
  }
}

const withNulls = (values: readonly unknown[], shape: string, length: number): unknown[] => {
  let next = 0
  return Array.from({ length }, (_, i) => ((shape.charCodeAt(i >> 4) >> (i & 15)) & 1 ? values[next++] : null))
}

const toJson = (value: unknown): string => (Array.isArray(value) && value.length === 0 ? '[]' : JSON.stringify(value))

/** An empty document is never put in: FTS5 takes the removal of what it does not hold for corruption. */
const hasWords = ({ ids, text }: SearchDoc): boolean => ids.length > 0 || text !== ''

const searchValues = (doc: SearchDoc): [number, string, string] => [
  doc.pk,
  doc.ids.map(toIdWord).join(' '),
  toIndexText(doc.text),
]

/** Row numbers: counted in memory, kept in `meta` by the transaction that uses them. */
function createCounters(client: Sqlite) {
  const next = new Map<string, number>()
  const read = client.prepare('select value from meta where name = ?').pluck()
  const keep = client.prepare(
    'insert into meta(name, value) values(?, ?) on conflict(name) do update set value = excluded.value',
  )
  const changed = new Set<string>()
  return {
    take: (name: string, count: number): number[] => {
      const from = next.get(name) ?? ((read.get(name) as number | undefined) ?? 0) + 1
      next.set(name, from + count)
      changed.add(name)
      return Array.from({ length: count }, (_, i) => from + i)
    },
    save: () => {
      for (const name of changed) keep.run(name, next.get(name)! - 1)
      changed.clear()
    },
    forget: () => {
      next.clear()
      changed.clear()
    },
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
