/**
 * Which row each conversation's next content is a delta to. The first content of a conversation (session, lane, dialect) is
 * stored by itself, and what follows as deltas to it: never to another delta, so reading takes one more row and no chain can break. When the deltas to a
 * key frame have cost as many bytes as the key frame itself, the next content stands by itself and is the new one: with a history that
 * grows evenly no other number of turns would take less.
 */
import type { ReadDb } from '../engine.ts'
import { dictionaryOf, type Key } from '../pack.ts'
import type { CallRow, PayloadRow } from '../tables.ts'
import { canBeKey, knowsDictionaries } from './delta.ts'
import { findFrame, type Found } from './find-frame.ts'

/** What is held in memory; what falls out is found again in the database. */
const HELD_BYTES = 24 * 1024 * 1024
const HELD = 2048
/** A key frame may outlive its own call's content by this: retention is that much late at most. */
const SERVES_MS = 86_400_000

interface Held extends Omit<Found, 'content'> {
  /** As stored, until it is needed; then its plain bytes. */
  content: Found['content'] | Buffer
  /** Bytes that the key frame takes in the database, and those that it takes here. */
  size: number
  held: number
}

export interface Frames {
  /** To be awaited before `keyFor` is asked for these rows; `except`: rows that are about to be replaced. */
  prepare(rows: readonly CallRow[], except: readonly number[]): Promise<void>
  /** null: what this call said is to be stored by itself. */
  keyFor(row: CallRow): Key | null
  /** Takes note of what was packed. */
  learn(row: CallRow, content: PayloadRow): void
  /** These rows no longer hold what they held. */
  drop(pks: readonly number[]): void
  forget(): void
}

export const createFrames = (db: Pick<ReadDb, 'db' | 'tables'>): Frames => {
  const works = knowsDictionaries()
  const held = new Map<string, Held>()
  let bytes = 0

  const remove = (name: string) => {
    bytes -= held.get(name)?.held ?? 0
    held.delete(name)
  }
  /** As the one that was used last; those that were not used for longest go. */
  const put = (name: string, frame: Held) => {
    remove(name)
    held.set(name, frame)
    bytes += frame.held
    for (const oldest of held.keys()) {
      if ((bytes <= HELD_BYTES && held.size <= HELD) || oldest === name) break
      remove(oldest)
    }
  }

  return {
    prepare: async (rows, except) => {
      if (!works) return
      for (const row of rows) {
        const name = nameOf(row)
        // The first turn of a session has nothing before it.
        if (held.has(name) || row.turn === 1) continue
        const found = await findFrame(db, row, { since: row.startedAt - SERVES_MS, except })
        if (found) put(name, toHeld(found))
      }
    },
    keyFor: (row) => {
      const name = nameOf(row)
      const frame = works ? held.get(name) : undefined
      if (!frame || frame.spent >= frame.size || Math.abs(row.startedAt - frame.startedAt) > SERVES_MS) return null
      const dictionary = Buffer.isBuffer(frame.content) ? frame.content : dictionaryOf(frame.content)
      if (!canBeKey(dictionary)) return null
      put(name, { ...frame, content: dictionary, held: dictionary.byteLength })
      return { pk: frame.pk, dictionary }
    },
    learn: (row, content) => {
      const name = nameOf(row)
      const frame = held.get(name)
      if (content.framePk === null) put(name, toHeld({ pk: row.pk, startedAt: row.startedAt, content, spent: 0 }))
      else if (frame?.pk === content.framePk) frame.spent += content.packed?.byteLength ?? 0
    },
    drop: (pks) => {
      const gone = new Set(pks)
      for (const [name, { pk }] of held) if (gone.has(pk)) remove(name)
    },
    forget: () => {
      held.clear()
      bytes = 0
    },
  }
}

/** NUL stands in no column (text.ts). */
const nameOf = ({ sessionId, lane, dialect }: CallRow): string => `${sessionId}\0${lane ?? ''}\0${dialect ?? ''}`

const toHeld = ({ pk, startedAt, content: { codec, packed, request }, spent }: Found): Held => {
  const size = (packed?.byteLength ?? 0) + (request?.byteLength ?? 0)
  return { pk, startedAt, content: { codec, packed, request }, spent, size, held: size }
}
