/** Keys of weir.yaml, as keys. */
import type { KeyInput, ListedKey } from '../config/keys.ts'
import type { KeyRecord } from './key.ts'
import { plainHash } from './key-secret.ts'

/** What holds where nothing is said. */
export const withDefaults = (input: KeyInput): Required<KeyInput> => ({
  owner: input.owner ?? null,
  team: input.team ?? null,
  tags: input.tags ?? {},
  providers: input.providers ?? null,
  models: input.models ?? null,
  routes: input.routes ?? null,
  ips: input.ips ?? null,
  capture: input.capture ?? null,
  limits: input.limits ?? [],
  disconnect: input.disconnect ?? null,
  expiresAt: input.expiresAt ?? null,
})

export const toKeyRecords = (list: readonly ListedKey[]): KeyRecord[] =>
  list.map(({ name, secret, hash, ...input }) => ({
    ...withDefaults(input),
    name,
    hash: hash ?? plainHash(secret!),
    last4: secret?.slice(-4) ?? '',
    previousHash: null,
    previousUntil: null,
    revokedAt: null,
    createdAt: null,
    source: 'config',
  }))
