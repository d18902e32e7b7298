/** What main thread and reader thread say to each other. */

/** Given to the worker at start. */
export interface ReaderOptions {
  dataDir: string
  /** `sqlite` or a postgres:// address. */
  database: string
}

export type ToReader =
  | { type: 'ask'; id: number; name: string; args: unknown; json: boolean }
  /** Close the database and end. */
  | { type: 'close' }

export type FromReader =
  /** The database is open. SQLite answers one question at a time; Postgres works on several. */
  | { type: 'ready'; atOnce: number }
  | { type: 'answer'; id: number; value: unknown }
  /** `code`: the question refused its input; null: something went wrong. */
  | { type: 'failed'; id: number; message: string; code: 'bad_input' | null }
