/**
 * Whose fault is it when the database refuses a batch? Mostly the database's (locked, full, gone): then the same batch is
 * tried again until it passes. Some refusals are one row's (a value that the database cannot hold) and would come for ever.
 */

/** SQLite result codes that speak of the values. https://www.sqlite.org/rescode.html */
const SQLITE_ROW = /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|RANGE)/
/** PostgreSQL: data exception, integrity violation, limit exceeded. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const POSTGRES_ROW = /^(22|23|54)[0-9A-Z]{3}$/

export const isRowFault = (error: unknown): boolean => {
  const { code } = rootOf(error) as { code?: unknown }
  if (typeof code === 'string') return SQLITE_ROW.test(code) || POSTGRES_ROW.test(code)
  return rootOf(error) instanceof TypeError || rootOf(error) instanceof RangeError
}

/** In words, for the status line. Only the root's message: the outer one of drizzle quotes the statement with its values. */
export const explainFault = (error: unknown): string => {
  const { code, message } = rootOf(error) as { code?: unknown; message?: unknown }
  const known = typeof code === 'string' ? (WORDS.find(([pattern]) => pattern.test(code))?.[1] ?? null) : null
  const detail = [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ')
  return `${known ?? 'The database cannot be written now.'} Calls wait in the journal and are stored when it answers again. (${detail.slice(0, 300)})`
}

const WORDS: [RegExp, string][] = [
  [/^SQLITE_(BUSY|LOCKED)/, 'The database is locked by another program.'],
  [/^(SQLITE_FULL|ENOSPC|53100)/, 'The disk is full.'],
  [/^(SQLITE_IOERR|EIO)/, 'The disk cannot be read or written.'],
  [/^(SQLITE_READONLY|EROFS|EACCES|25006)/, 'The database may not be written (read-only).'],
  [/^(SQLITE_CORRUPT|SQLITE_NOTADB)/, 'The database file is damaged; restore it from a backup.'],
  [/^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|08|57)/, 'The database server cannot be reached.'],
]

function rootOf(error: unknown): unknown {
  let root = error
  for (let depth = 0; depth < 5; depth++) {
    const cause = (root as { cause?: unknown } | null)?.cause
    if (typeof cause !== 'object' || cause === null) break
    root = cause
  }
  return root ?? {}
}
