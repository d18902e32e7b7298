/** What can be done to stored keys: by the control thread for the API, and by `weir key …` in its own process. */
import type { ReadDb, WriteDb } from '../../db/open.ts'
import { getKey, insertKey, type KeyPatch, listKeys, revokeKey, rotateKey, updateKey } from '../../db/queries/keys.ts'
import type { KeyInput } from '../config/keys.ts'
import type { KeyRecord } from '../policy/key.ts'
import { withDefaults } from '../policy/key-config.ts'
import { createSecret, ensurePepper, hashSecret } from '../policy/key-secret.ts'
import { ControlError, type ControlOptions } from './messages.ts'
import { stampChange } from './stamp.ts'

export interface Control extends Pick<ControlOptions, 'dataDir' | 'keyHashesKey' | 'masterKey'> {
  db: WriteDb
}

export interface KeysAfter {
  /** All stored keys, as they are after the change: others may have changed some too. */
  keys: KeyRecord[]
  /** Of a new or rotated key; here and then never again. */
  secret: string | null
}

/** Also a question of the readers. */
export const storedKeys = async (db: ReadDb): Promise<KeyRecord[]> =>
  (await listKeys(db)).map((row) => ({ ...row, source: 'api' as const }))

export const createKey = async (
  control: Control,
  { name, now, input }: { name: string; now: number; input: KeyInput },
): Promise<KeysAfter> => {
  const made = makeSecret(control)
  const isNew = await insertKey(control.db, {
    ...withDefaults(input),
    name,
    hash: made.hash,
    last4: made.last4,
    previousHash: null,
    previousUntil: null,
    revokedAt: null,
    createdAt: now,
  })
  if (!isNew)
    throw new ControlError(
      'name_taken',
      `There is a key "${name}" already, or there was one: names are not given twice.`,
    )
  return after(control, made.secret)
}

export const changeKey = async (
  control: Control,
  { name, patch }: { name: string; patch: KeyPatch },
): Promise<KeysAfter> => {
  const isThere =
    Object.keys(patch).length === 0
      ? (await getKey(control.db, name)) !== null
      : await updateKey(control.db, name, patch)
  if (!isThere) throw missing(name)
  return after(control, null)
}

export const renewKey = async (
  control: Control,
  { name, now, overlapMs }: { name: string; now: number; overlapMs: number },
): Promise<KeysAfter> => {
  const { secret, ...made } = makeSecret(control)
  if (!(await rotateKey(control.db, name, { ...made, previousUntil: now + overlapMs }))) {
    if ((await getKey(control.db, name)) === null) throw missing(name)
    throw new ControlError(
      'key_revoked',
      `The key "${name}" was revoked: it cannot get another secret. Make a new key.`,
    )
  }
  return after(control, secret)
}

/** Revoking twice is no mistake; the first time stays. */
export const endKey = async (control: Control, { name, now }: { name: string; now: number }): Promise<KeysAfter> => {
  if (!(await revokeKey(control.db, name, now)) && (await getKey(control.db, name)) === null) throw missing(name)
  return after(control, null)
}

function makeSecret({ dataDir, keyHashesKey }: Control) {
  const secret = createSecret()
  return { secret, hash: hashSecret(ensurePepper(dataDir, keyHashesKey), secret), last4: secret.slice(-4) }
}

async function after(control: Control, secret: string | null): Promise<KeysAfter> {
  stampChange(control.dataDir, 'keys')
  return { keys: await storedKeys(control.db), secret }
}

const missing = (name: string) => new ControlError('not_found', `There is no key "${name}" in the database.`)
