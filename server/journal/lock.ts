/**
 * Locks that die with their process. Node has no flock, SQLite locks files well: a connection that holds an exclusive
 * transaction on an empty database of its own is a lock, and kill -9 gives it back.
 *
 * Trap: these are POSIX locks. When a process opens and closes the locked file by any other way than SQLite, its lock is
 * gone. So nothing in Weir reads lock files; whoever greps the data folder does it from another process.
 */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'

export interface Lock {
  release(): void
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && (error.code.startsWith('SQLITE_BUSY') || error.code === 'SQLITE_LOCKED')

/** Creates the file with mode 0600 without ever opening one that is there (see the trap above). */
const createFile = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/**
 * The lock on this file, or null when somebody else holds it (still, after `waitMs` of blocking this thread). Throws when
 * the file cannot be made or locked at all.
 */
export const acquireLock = (file: string, waitMs = 0): Lock | null => {
  createFile(file)
  const db = new Database(file, { timeout: waitMs })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (isBusy(error)) return null
    throw new Error(
      `Cannot lock ${file}: ${(error as Error).message}. The data folder must be on a disk with file locks.`,
      {
        cause: error,
      },
    )
  }
  return { release: () => db.close() }
}

/** True when a living process (this one included) holds the lock. Asks with a shared lock. */
export const isLocked = (file: string): boolean => {
  if (!existsSync(file)) return false
  const db = new Database(file, { timeout: 0, fileMustExist: true })
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  } finally {
    db.close()
  }
}

export const writerLockFile = (writerDir: string): string => join(writerDir, 'lock.db')

/** Whether the process that writes to `<data>/journal/<writer>` lives. */
export const isWriterAlive = (writerDir: string): boolean => isLocked(writerLockFile(writerDir))

/** One recorder per data folder: the lock, or null when another process records. */
export const acquireRecorderLock = (dataDir: string): Lock | null => acquireLock(join(dataDir, 'recorder.lock'))
