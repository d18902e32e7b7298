/**
 * "Why was this a miss?": the last few answers kept for the same caller and address, as hashes of their fields, and what of them
 * is different now. In memory only, and nothing of the content: after a restart it begins anew.
 */
import { createHash } from 'node:crypto'
import type { TopLevel } from '../gateway/scan.ts'
import { createLru } from './lru.ts'

/** Name → hash of its value. */
export type Fields = Map<string, string>

export interface Neighbour {
  key: string
  callId: string
  expiresAt: number
  fields: Fields
}

export interface Nearby {
  add(group: string, neighbour: Neighbour): void
  explain(group: string, asked: { key: string; fields: Fields; ttlMs: number | null }): string
  clear(): void
}

const GROUPS = 512
const PER_GROUP = 8
const NAMED = 4
const NAME_MAX = 64

export function createNearby(now: () => number): Nearby {
  const groups = createLru<Neighbour[]>(() => GROUPS)
  return {
    add(group, neighbour) {
      const others = (groups.peek(group) ?? []).filter(({ key }) => key !== neighbour.key)
      groups.set(group, [neighbour, ...others].slice(0, PER_GROUP), 1)
    },
    explain(group, { key, fields, ttlMs }) {
      const known = groups.peek(group)
      if (!known) return 'nothing was kept yet for this caller and address'
      const same = known.find((each) => each.key === key)
      if (same) return `the answer of call ${same.callId} ${whyGone(same, ttlMs, now())}`
      const [nearest] = known
        .map((each) => ({ each, different: differences(each.fields, fields) }))
        .sort((a, b) => a.different.length - b.different.length)
      return toWords(nearest!.each.callId, nearest!.different)
    },
    clear: groups.clear,
  }
}

function whyGone({ expiresAt }: Neighbour, ttlMs: number | null, now: number): string {
  if (expiresAt <= now) return `had expired ${Math.round((now - expiresAt) / 1000)} s before`
  return ttlMs === null ? 'had to make room for others' : `is older than the ${ttlMs / 1000} s that this call allows`
}

function differences(before: Fields, after: Fields): string[] {
  const names = new Set([...after.keys(), ...before.keys()])
  return [...names].filter((name) => before.get(name) !== after.get(name))
}

function toWords(callId: string, different: string[]): string {
  if (different.length === 0)
    return `the same as call ${callId}, but its fields stand in another order or with other spaces`
  const named = different.slice(0, NAMED).map((name) => name.slice(0, NAME_MAX))
  const more = different.length > NAMED ? ` and ${different.length - NAMED} more` : ''
  return `differs from call ${callId} in ${named.join(', ')}${more}`
}

/** The body by its top-level fields, or as a whole where it cannot be read. */
export function fieldsOf(
  headers: readonly (readonly [name: string, value: string])[],
  body: Buffer,
  top: TopLevel | null,
): Fields {
  const fields: Fields = new Map(headers.map(([name, value]) => [`header ${name}`, hash(value)]))
  if (top === null) return fields.set('body', hash(body))
  for (const [name, { start, end }] of top.values) fields.set(name, hash(body.subarray(start, end)))
  return fields
}

const hash = (value: string | Buffer): string => createHash('sha1').update(value).digest('base64').slice(0, 16)
