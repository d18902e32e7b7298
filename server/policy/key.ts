/** A Weir key: whom it stands for and what it may do. Its secret is nowhere in here, only the last four characters of it. */
import type { Capture } from '../call.ts'
import { createTrust } from '../origin.ts'
import type { KeyLimit } from './limits/limit.ts'

export interface Key {
  /** Unique and stable: it stands in `Call.key`. */
  name: string
  /** Of the secret; '' where only a hash is configured. */
  last4: string
  owner: string | null
  team: string | null
  tags: Record<string, string>
  /** null: all of them; likewise below. */
  providers: string[] | null
  /** Patterns (`gpt-5*`, `anthropic/*`) over the model asked for. */
  models: string[] | null
  routes: string[] | null
  /** Addresses and CIDR ranges that it may be used from. */
  ips: string[] | null
  expiresAt: number | null
  revokedAt: number | null
  capture: Capture | null
  limits: KeyLimit[]
  /** What becomes of an answer whose client has left; null: as its route says, and without one it is ended. */
  disconnect: 'abort' | 'drain' | null
  /** null: not known, as for keys of weir.yaml. */
  createdAt: number | null
  /** Keys of weir.yaml are read-only in API and dashboard. */
  source: 'api' | 'config'
}

/** A key as the data path uses it: made once from what is stored or configured, replaced as a whole by a change. */
export interface KeyInForce extends Key {
  /** null: from anywhere. */
  mayComeFrom: ((address: string) => boolean) | null
  hasTags: boolean
  /** When a call last showed it to this process. */
  usedAt: number | null
}

/** What is kept of a key beside what everybody may see. */
export interface KeyRecord extends Key {
  /** Of the secret: `hashSecret` of a stored key, SHA-256 of a configured one. */
  hash: string
  /** The secret before the last rotation, good until `previousUntil`. */
  previousHash: string | null
  previousUntil: number | null
}

export const KEY_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i
/** Calls with the admin token stand under this name. */
export const RESERVED_KEY_NAMES: readonly string[] = ['admin']

export type KeyState = 'active' | 'expired' | 'revoked'

export const stateOf = ({ revokedAt, expiresAt }: Key, now: number): KeyState => {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active'
}

export function toKeyInForce(record: KeyRecord, usedAt: number | null): KeyInForce {
  return {
    ...toKey(record),
    mayComeFrom: record.ips === null ? null : createTrust(record.ips),
    hasTags: Object.keys(record.tags).length > 0,
    usedAt,
  }
}

/** Without what is for Weir alone. */
export const toKey = (key: Key): Key => ({
  name: key.name,
  last4: key.last4,
  owner: key.owner,
  team: key.team,
  tags: key.tags,
  providers: key.providers,
  models: key.models,
  routes: key.routes,
  ips: key.ips,
  expiresAt: key.expiresAt,
  revokedAt: key.revokedAt,
  capture: key.capture,
  limits: key.limits,
  disconnect: key.disconnect,
  createdAt: key.createdAt,
  source: key.source,
})
