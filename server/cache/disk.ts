/**
 * Entries in `<data>/cache/`, one file each, read and written by libuv's pool and never by the main thread itself. What is there
 * is known from an index in memory that is made from the files' first bytes after the start; a damaged file is removed.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Entry, FRONT_BYTES, fromFile, readFront, type StoredAlike, toFile } from './entry.ts'
import { createLru } from './lru.ts'

interface Indexed {
  storedAt: number
  expiresAt: number
}

export interface Disk {
  /** Whether it is worth asking: the index has it, or is not complete yet. */
  mayHave(key: string): boolean
  read(key: string): Promise<Entry | null>
  /** Queued; given up where it is behind by too much. `bornAt`: when its call began. */
  write(entry: Entry, bornAt: number): void
  remove(key: string): void
  /** Keys and the time at which each ends. */
  list(): { key: string; value: Indexed }[]
  bytes(): number
  clear(): void
  /** Settles when the index is complete and all that was queued is done. */
  settled(): Promise<void>
}

export interface DiskOptions {
  dir: string
  maxBytes(): number
  now(): number
  /** At the start, of each entry that has it. */
  onFound?(key: string, alike: StoredAlike): void
}

/** What may wait for the disk. */
const QUEUE_BYTES = 64 * 1024 * 1024
const NAME = /^[0-9a-f]{64}$/

export function createDisk({ dir, maxBytes, now, onFound }: DiskOptions): Disk {
  const pathOf = (key: string) => join(dir, key.slice(0, 2), key)
  const index = createLru<Indexed>(maxBytes, (key) => unlink(key))
  let complete = false
  let queued = 0
  /** Bumped by `clear`: what was queued before it does not come back. */
  let era = 0
  const queue = (work: () => Promise<unknown>) => {
    last = last.then(work).then(
      () => {},
      () => {},
    )
  }
  const unlink = (key: string) => queue(() => rm(pathOf(key), { force: true }))

  const put = async (entry: Entry, cost: number, born: number) => {
    if (born !== era) return
    const draft = join(dir, `${randomBytes(8).toString('hex')}.draft`)
    await mkdir(join(dir, entry.key.slice(0, 2)), { recursive: true, mode: 0o700 })
    try {
      await writeFile(draft, Buffer.concat(toFile(entry)), { mode: 0o600, flag: 'wx' })
      await rename(draft, pathOf(entry.key))
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
    if (born === era) index.set(entry.key, { storedAt: entry.storedAt, expiresAt: entry.expiresAt }, cost)
    else await rm(pathOf(entry.key), { force: true })
  }

  const load = async () => {
    const born = era
    const found = await scan(dir)
    if (born !== era) return
    const alike: string[] = []
    for (const { key, cost, hasAlike, ...times } of found.sort((a, b) => a.storedAt - b.storedAt)) {
      if (times.expiresAt <= now()) unlink(key)
      else if (index.peek(key) === null) {
        index.set(key, times, cost)
        if (hasAlike) alike.push(key)
      }
    }
    if (onFound) void tell(alike, born, onFound)
  }
  /** Beside everything else: until it is through, fewer questions are found alike. */
  const tell = async (keys: readonly string[], born: number, onFound: NonNullable<DiskOptions['onFound']>) => {
    for (const key of keys) {
      const bytes = await readFile(pathOf(key)).catch(() => null)
      if (born !== era) return
      const alike = bytes && fromBytes(key, bytes)?.alike
      if (alike) onFound(key, alike)
    }
  }
  /** One change after the other, so that a file's removal cannot overtake its writing; none before the index is made. */
  let last: Promise<void> = load().then(
    () => void (complete = true),
    () => void (complete = true),
  )

  return {
    mayHave: (key) => !complete || index.peek(key) !== null,
    async read(key) {
      const born = era
      const bytes = await readFile(pathOf(key)).catch(() => null)
      const entry = bytes && fromBytes(key, bytes)
      if (born !== era) return null
      if (entry) index.get(key)
      else if (index.delete(key) !== null || bytes) unlink(key)
      return entry
    },
    write(entry) {
      const cost = entry.body.length + FRONT_BYTES
      if (cost > maxBytes() || queued + cost > QUEUE_BYTES) return
      queued += cost
      const born = era
      queue(() => put(entry, cost, born).finally(() => (queued -= cost)))
    },
    remove(key) {
      if (index.delete(key) !== null) unlink(key)
    },
    list: index.list,
    bytes: index.bytes,
    clear() {
      era++
      index.clear()
      queue(() => rm(dir, { recursive: true, force: true }))
    },
    async settled() {
      for (let seen = null; seen !== last;) await (seen = last)
    },
  }
}

function fromBytes(key: string, bytes: Buffer): Entry | null {
  try {
    return fromFile(key, bytes)
  } catch {
    return null
  }
}

interface Found extends Indexed {
  key: string
  cost: number
  hasAlike: boolean
}

/** What the folder holds; drafts of a process that died, and files that are not whole, are removed. */
async function scan(dir: string): Promise<Found[]> {
  const found: Found[] = []
  for (const name of await readdir(dir).catch(() => [])) {
    if (name.endsWith('.draft')) await rm(join(dir, name), { force: true })
    if (!/^[0-9a-f]{2}$/.test(name)) continue
    for (const key of await readdir(join(dir, name))) {
      const path = join(dir, name, key)
      const front = NAME.test(key) ? await frontOf(path) : null
      if (front) found.push({ key, ...front })
      else await rm(path, { force: true, recursive: true })
    }
  }
  return found
}

async function frontOf(path: string): Promise<Omit<Found, 'key'> | null> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return null
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FRONT_BYTES), 0, FRONT_BYTES, 0)
    const front = readFront(buffer.subarray(0, bytesRead), (await stat(path)).size)
    if (!front) return null
    const { storedAt, expiresAt, hasAlike } = front
    return { storedAt, expiresAt, hasAlike, cost: front.bodyLength + FRONT_BYTES }
  } finally {
    await file.close()
  }
}
