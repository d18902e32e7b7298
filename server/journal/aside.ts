/** Corrupt stretches of a journal are kept beside it, for whoever wants to know what happened or to save what can be saved. */
import { closeSync, mkdirSync, openSync, readSync, readdirSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Skipped } from './scan.ts'

/** A broken disk must not fill itself with what it broke. */
const FOLDER_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024

export const skippedFolder = (writerDir: string): string => join(writerDir, 'skipped')

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

const copy = (from: number, to: number, start: number, end: number): void => {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  for (let at = start; at < end;) {
    const n = readSync(from, chunk, 0, Math.min(chunk.length, end - at), at)
    if (n === 0) return
    writeSync(to, chunk, 0, n)
    at += n
  }
}

/** Copies the stretch to `skipped/<segment>-<offset>`. Never throws: reading on is what matters. */
export const setAside = (writerDir: string, { segment, from, to }: Skipped): void => {
  const folder = skippedFolder(writerDir)
  const open: number[] = []
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const room = FOLDER_BYTES - bytesIn(folder)
    if (room <= 0) return
    const source = openSync(segment.path, 'r')
    open.push(source)
    const target = openSync(join(folder, `${segment.name}-${from}`), 'w', 0o600)
    open.push(target)
    copy(source, target, from, Math.min(to, from + room))
  } catch {
    // A full disk, most likely. The count of skipped entries tells of it all the same.
  } finally {
    for (const fd of open) closeSync(fd)
  }
}
