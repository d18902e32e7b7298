/**
 * Every key that is known, in memory: stored ones and those of weir.yaml. Finding one is synchronous and costs a look into a map, the
 * first time an HMAC besides. Whether it has expired or was revoked is judged at each use, so no timer is needed.
 */
import { hashSecret, plainHash } from './key-secret.ts'
import { type KeyInForce, type KeyRecord, stateOf, toKeyInForce } from './key.ts'

export interface Keys {
  /** The key that this secret opens now; null: none, and `whyNot` says why. */
  find(secret: string): KeyInForce | null
  whyNot(secret: string): string
  get(name: string): KeyInForce | null
  /** By name. */
  list(): KeyInForce[]
  /** Whether a key that was found before may still be used. */
  stillGood(key: KeyInForce): boolean
  /** The stored keys, all of them; `pepper`: what their hashes were made with. */
  load(records: readonly KeyRecord[], pepper: Buffer | null): void
  /** The keys of weir.yaml, all of them. */
  configure(records: readonly KeyRecord[]): void
  /** How often `load` was called: who asked the database before it need not come after it. */
  loads: number
  /** The stored keys are being read for the first time; null: they are here, or there are none. */
  reading: Promise<void> | null
  /** Why the stored keys cannot be known now. */
  problem: string | null
}

interface Entry {
  key: KeyInForce
  /** A secret that was replaced opens until then; null: the secret in force. */
  until: number | null
}

export const createKeys = ({ now = Date.now }: { now?: () => number } = {}): Keys => {
  let stored: readonly KeyRecord[] = []
  let configured: readonly KeyRecord[] = []
  let pepper: Buffer | null = null
  let byName = new Map<string, KeyInForce>()
  let byHash = new Map<string, Entry>()
  /** Secrets that were found: never more than there are keys. */
  let known = new Map<string, Entry>()

  const rebuild = () => {
    const before = byName
    byName = new Map()
    byHash = new Map()
    known = new Map()
    // A name of weir.yaml wins over a stored one.
    for (const record of [...configured, ...stored]) {
      if (byName.has(record.name)) continue
      const key = toKeyInForce(record, before.get(record.name)?.usedAt ?? null)
      byName.set(record.name, key)
      byHash.set(record.hash, { key, until: null })
      if (record.previousHash !== null) byHash.set(record.previousHash, { key, until: record.previousUntil })
    }
  }

  const look = (secret: string): Entry | null => {
    const found =
      (pepper && byHash.get(hashSecret(pepper, secret))) ??
      (configured.length > 0 ? byHash.get(plainHash(secret)) : null) ??
      null
    if (found) known.set(secret, found)
    return found
  }
  const entryOf = (secret: string) => known.get(secret) ?? look(secret)
  const isGood = ({ key, until }: Entry, at: number) => (until === null || until > at) && stateOf(key, at) === 'active'

  return {
    loads: 0,
    reading: null,
    problem: null,
    find(secret) {
      const entry = entryOf(secret)
      const at = now()
      if (!entry || !isGood(entry, at)) return null
      entry.key.usedAt = at
      return entry.key
    },
    whyNot(secret) {
      const entry = entryOf(secret)
      return entry ? whyRefused(entry, now()) : unknown(secret)
    },
    get: (name) => byName.get(name) ?? null,
    list: () => [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    stillGood(key) {
      const current = byName.get(key.name)
      return current !== undefined && stateOf(current, now()) === 'active'
    },
    load(records, made) {
      this.loads++
      stored = records
      pepper = made
      rebuild()
    },
    configure(records) {
      configured = records
      rebuild()
    },
  }
}

const unknown = (secret: string) =>
  `The Weir key ending in …${secret.slice(-4)} is not known here. It may be mistyped, or belong to another Weir; \`weir key list\` shows the keys of this one.`

function whyRefused({ key, until }: Entry, at: number): string {
  const name = `The Weir key "${key.name}"`
  const state = stateOf(key, at)
  if (state === 'revoked')
    return `${name} was revoked on ${toIso(key.revokedAt!)}. Ask whoever runs this Weir for another.`
  if (state === 'expired')
    return `${name} expired on ${toIso(key.expiresAt!)}. Ask whoever runs this Weir to set a later date, or for another key.`
  return `This secret of the Weir key "${key.name}" was replaced, and could be used until ${toIso(until!)}. Use the new one${key.last4 ? `, which ends in …${key.last4}` : ''}.`
}

const toIso = (at: number) => new Date(at).toISOString()
