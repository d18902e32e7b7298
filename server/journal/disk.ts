/** What the writer asks of the file system, with callbacks because it is the hot path. Tests put faults in here. */
import { close, fdatasync, fsync, ftruncate, open, unlink, write, writev } from 'node:fs'
import { dirname } from 'node:path'

export type Result = (error: Error | null) => void

export interface JournalFs {
  /** Creates the file (which must not be there), mode 0600. `durable`: the folder's entry is synced too. */
  open(path: string, durable: boolean, done: (error: Error | null, fd: number) => void): void
  /** May write less than it was given. */
  writev(fd: number, buffers: Buffer[], position: number, done: (error: Error | null, written: number) => void): void
  truncate(fd: number, length: number, done: Result): void
  sync(fd: number, done: Result): void
  close(fd: number, done: Result): void
  unlink(path: string, done: Result): void
}

/** A file whose name is lost with the power is lost whole: the folder needs an fsync of its own. */
const syncFolder = (path: string, done: Result): void => {
  open(dirname(path), 'r', (error, folder) => {
    if (error) return done(error)
    fsync(folder, (failure) => close(folder, () => done(failure)))
  })
}

export const nodeFs: JournalFs = {
  open(path, durable, done) {
    open(path, 'wx', 0o600, (error, fd) => {
      if (error || !durable) return done(error, fd)
      syncFolder(path, (failure) => (failure ? close(fd, () => done(failure, -1)) : done(null, fd)))
    })
  },
  writev(fd, buffers, position, done) {
    const [first] = buffers
    if (buffers.length === 1 && first) write(fd, first, 0, first.length, position, done)
    else writev(fd, buffers, position, done)
  },
  truncate: ftruncate,
  sync: fdatasync,
  close,
  unlink,
}
