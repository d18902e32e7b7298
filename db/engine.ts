/**
 * What the store needs of a database, said in data: a batch is worked out as a list of writes, then done in one transaction.
 * Only the engines know sync from async, SQL text from parameters, FTS5 from tsvector.
 */
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type { Expire } from './frames/expire.ts'
import type { HeadRow, Tables } from './tables.ts'

/** So much of drizzle that nobody can write for one database by accident. */
export type Db = Pick<BetterSQLite3Database, 'select' | 'selectDistinct' | '$count'>

export type Kind = 'sqlite' | 'postgres'
export type TableName = keyof Tables

/** One document of the full-text index. To take it out, exactly what was put in must be given. */
export interface SearchDoc {
  pk: number
  ids: string[]
  text: string
}

export type Write =
  /** `update`: on a conflict of `key`, these columns (all others stay). */
  | { insert: TableName; rows: readonly object[]; key?: string; update?: readonly string[] }
  | { remove: TableName; column: string; values: readonly (string | number)[] }
  /** Adds to counters in `meta`. */
  | { count: Record<string, number> }
  | { set: Partial<Record<string, unknown>>; table: TableName; column: string; values: readonly (string | number)[] }
  /** Adds differences to sums, by `id`; `least` and `most` keep the smaller and the larger. A row that is not there is made. */
  | {
      fold: TableName
      rows: readonly object[]
      add: readonly string[]
      least: readonly string[]
      most: readonly string[]
    }
  /** Of these sessions what no fold can do: see sessions/settle.ts. */
  | { settle: readonly string[] }
  | { index: readonly SearchDoc[] }
  | { unindex: readonly SearchDoc[] }
  /** Content goes, but for what other calls' content is a delta to (frames/expire.ts). The bytes set free are counted. */
  | { expire: Expire }
  /** Fails unless these key frames are there, and keeps them there until the transaction ends. After `expire`, before inserts. */
  | { keep: readonly number[] }

/** A handle for questions. In SQLite its connection cannot write at all. */
export interface ReadDb {
  readonly kind: Kind
  readonly db: Db
  readonly tables: Tables
  close(): void | Promise<void>
}

/** A handle for the small writes that a person waits for (server/control). */
export interface WriteDb extends ReadDb {
  readonly db: Db & Pick<BetterSQLite3Database, 'insert' | 'update' | 'delete'>
}

export interface Engine extends ReadDb {
  /** Which of these calls are stored already. */
  existing(ids: readonly string[]): { id: string; pk: number }[] | Promise<{ id: string; pk: number }[]>
  /** Heads with one of these hashes, the latest first, `most` at most. */
  heads(hashes: readonly string[], most: number): HeadRow[] | Promise<HeadRow[]>
  /** New numbers for rows, ascending, never given twice. */
  numbers(of: 'calls_pk' | 'rollups_pk', count: number): number[] | Promise<number[]>
  atomic(writes: readonly Write[]): void | Promise<void>
  /** True when this process may prune now: one at a time on a shared database. */
  exclusively<T>(work: () => Promise<T>): Promise<T | null>
  /** Gives back a bounded amount of free space to the file system. */
  shrink(): void | Promise<void>
  checkpoint(): boolean | Promise<boolean>
  diskBytes(): number | Promise<number>
  /** What rows and indexes take, free pages not counted. */
  usedBytes(): number | Promise<number>
}
