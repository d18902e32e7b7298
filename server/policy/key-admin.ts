/** Keys as they are managed: stored by the control thread, in force here as soon as that is done. Those of weir.yaml are read-only. */
import { ApiError } from '../api/problem.ts'
import type { KeyInput } from '../config/keys.ts'
import type { Tell } from '../control/control.ts'
import type { KeysAfter } from '../control/keys.ts'
import type { KeyInForce } from './key.ts'
import { readPepper } from './key-secret.ts'
import type { Keys } from './keys.ts'

export interface KeyAdmin {
  list(): KeyInForce[]
  /** @throws ApiError not_found */
  get(name: string): KeyInForce
  /** The key that this secret opens. @throws ApiError key_invalid */
  open(secret: string): KeyInForce
  /** `secret` cannot be had again. @throws ApiError name_taken */
  create(name: string, input: KeyInput): Promise<{ key: KeyInForce; secret: string }>
  /** @throws ApiError not_found, read_only; likewise below */
  update(name: string, input: KeyInput): Promise<KeyInForce>
  /** The secret before stays good for `overlapMs`. @throws ApiError key_revoked */
  rotate(name: string, overlapMs: number): Promise<{ key: KeyInForce; secret: string }>
  revoke(name: string): Promise<KeyInForce>
}

export interface KeyAdminSettings {
  dataDir: string
  /** In hex; null: the data folder's own. */
  keyHashesKey: string | null
  keys: Keys
  tell: Tell
  now?: () => number
}

export const createKeyAdmin = ({ dataDir, keyHashesKey, keys, tell, now = Date.now }: KeyAdminSettings): KeyAdmin => {
  const get = (name: string): KeyInForce => {
    const key = keys.get(name)
    if (key) return key
    throw new ApiError('not_found', `There is no key "${name}".`, { help: 'GET /api/keys lists all of them.' })
  }
  const refuseConfigured = (name: string) => {
    if (keys.get(name)?.source !== 'config') return
    throw new ApiError('read_only', `The key "${name}" is set in weir.yaml (keys.list).`, { help: 'Change it there.' })
  }
  const use = (after: KeysAfter, name: string): KeyInForce => {
    keys.load(after.keys, readPepper(dataDir, keyHashesKey))
    return get(name)
  }

  return {
    list: keys.list,
    get,
    open(secret) {
      const key = keys.find(secret)
      if (key) return key
      throw new ApiError('key_invalid', keys.whyNot(secret), { headers: { 'www-authenticate': 'Bearer realm="weir"' } })
    },
    async create(name, input) {
      if (keys.get(name))
        throw new ApiError('name_taken', `There is a key "${name}" already.`, {
          help: 'Names are not given twice, not even those of revoked keys: calls of the past stand under them.',
        })
      const after = await tell('createKey', { name, now: now(), input })
      return { key: use(after, name), secret: after.secret! }
    },
    async update(name, input) {
      refuseConfigured(name)
      const patch = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
      return use(await tell('changeKey', { name, patch }), name)
    },
    async rotate(name, overlapMs) {
      refuseConfigured(name)
      const after = await tell('renewKey', { name, now: now(), overlapMs })
      return { key: use(after, name), secret: after.secret! }
    },
    async revoke(name) {
      refuseConfigured(name)
      return use(await tell('endKey', { name, now: now() }), name)
    },
  }
}
