/** What the cache has to do with one call; `LiveCall.cache` is null where it has nothing. */
import type { CacheState } from '../call.ts'
import type { Flight } from './flight.ts'
import type { Fields } from './nearby.ts'
import type { Alike } from './semantic.ts'

export interface CacheUse {
  state: Exclude<CacheState, 'off'>
  /** Why it is a miss, or was not looked for, in words. */
  why: string | null
  /** The call whose answer this one got. */
  from: string | null
  /** null: unknown, or nothing. */
  savedNano: number | null
  savedMs: number | null
  /** Headers of an answer that came from here, by which the recorder reads it. */
  headers: string[] | null
  /** The answer is on its way, and is kept. */
  flight: Flight | null
}

/** Where and how an answer is kept. */
export interface Keeping {
  key: string
  ttlMs: number
  /** Its content may be written to the disk. */
  onDisk: boolean
  group: string
  fields: Fields
  /** Where it is found by a question that is only alike; null: nowhere. */
  alike: Alike | null
}

export const bypass = (why: string): CacheUse => toUse('bypass', why)

export const toUse = (state: CacheUse['state'], why: string | null = null): CacheUse => ({
  state,
  why,
  from: null,
  savedNano: null,
  savedMs: null,
  headers: null,
  flight: null,
})
