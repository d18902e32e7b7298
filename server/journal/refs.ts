/**
 * Where the entries of an open call stand. A stream may be open for minutes and thousands of them at once, so only a small
 * block of references stays in memory for each; full blocks go to a scratch file that has no name and dies with the process.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface Ref {
  segment: number
  offset: number
  size: number
}

export interface Refs {
  add(ref: Ref): void
  /** All of them, in the order of adding. */
  all(): Ref[]
  /** The segments that they stand in. */
  segments(): readonly number[]
  free(): void
}

export interface RefStore {
  create(): Refs
  close(): void
}

/** Three numbers a reference; a full block is 6 kB. */
const FIELDS = 3
const BLOCK_REFS = 512
const BLOCK_BYTES = BLOCK_REFS * FIELDS * 4

/** `dir`: where the scratch file may be. */
export const createRefStore = (dir: string): RefStore => {
  let fd = -1
  let blocks = 0
  const free: number[] = []

  const scratch = (): number => {
    if (fd >= 0) return fd
    const path = join(dir, `refs-${process.pid}-${randomBytes(4).toString('hex')}.tmp`)
    fd = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    return fd
  }

  const spill = (refs: Uint32Array): number => {
    const block = free.pop() ?? blocks++
    writeSync(scratch(), refs, 0, BLOCK_BYTES, block * BLOCK_BYTES)
    return block
  }

  const load = (block: number): Uint32Array => {
    const refs = new Uint32Array(BLOCK_REFS * FIELDS)
    readSync(scratch(), refs, 0, BLOCK_BYTES, block * BLOCK_BYTES)
    return refs
  }

  const create = (): Refs => {
    // A plain call has five entries; up to 64 bytes V8 keeps such an array among its own objects, which is much cheaper.
    let recent = new Uint32Array(5 * FIELDS)
    let used = 0
    const spilled: number[] = []
    const segments: number[] = []

    const makeRoom = (): void => {
      if (recent.length === BLOCK_REFS * FIELDS) {
        spilled.push(spill(recent))
        used = 0
        return
      }
      const larger = new Uint32Array(Math.min(recent.length * 4, BLOCK_REFS * FIELDS))
      larger.set(recent)
      recent = larger
    }

    const toRefs = (fields: Uint32Array, end: number): Ref[] => {
      const refs: Ref[] = []
      for (let i = 0; i < end; i += FIELDS)
        refs.push({ segment: fields[i]!, offset: fields[i + 1]!, size: fields[i + 2]! })
      return refs
    }

    return {
      add({ segment, offset, size }) {
        if (used === recent.length) makeRoom()
        recent[used++] = segment
        recent[used++] = offset
        recent[used++] = size
        if (segments.at(-1) !== segment) segments.push(segment)
      },
      all: () => [...spilled.flatMap((block) => toRefs(load(block), BLOCK_REFS * FIELDS)), ...toRefs(recent, used)],
      segments: () => segments,
      free() {
        free.push(...spilled)
        spilled.length = 0
        used = 0
      },
    }
  }

  return {
    create,
    close() {
      if (fd >= 0) closeSync(fd)
      fd = -1
    },
  }
}
