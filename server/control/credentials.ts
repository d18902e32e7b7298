/** What can be done to stored credentials: by the control thread for the API, and by `weir credential …` in its own process. */
import { deleteCredential, insertCredential, listCredentials } from '../../db/queries/credentials.ts'
import type { ReadDb } from '../../db/open.ts'
import type { CredentialRow } from '../../db/tables.ts'
import { type CredentialInput, lastOf } from '../credentials/credential.ts'
import { ensureMasterKey } from '../credentials/master-key.ts'
import { type Place, sealSecret } from '../credentials/seal.ts'
import type { Control } from './keys.ts'
import { ControlError } from './messages.ts'
import { stampChange } from './stamp.ts'

/** All of them, sealed. Also a question of the readers. */
export const storedCredentials = (db: ReadDb): Promise<CredentialRow[]> => listCredentials(db)

/** Answers all stored ones as they are afterwards, like `removeCredential`. */
export const addCredential = async (
  control: Control,
  { input, secret, now }: { input: CredentialInput; secret: string; now: number },
): Promise<CredentialRow[]> => {
  const { provider, name, weight, models } = input
  const sealed = sealSecret(ensureMasterKey(control.dataDir, control.masterKey), { provider, name }, secret)
  const row = { provider, name, sealed, last4: lastOf(secret), weight, models, createdAt: now }
  if (!(await insertCredential(control.db, row)))
    throw new ControlError(
      'name_taken',
      `There is a credential "${name}" for ${provider} already: remove it first, or choose another name.`,
    )
  return after(control)
}

export const removeCredential = async (control: Control, place: Place): Promise<CredentialRow[]> => {
  if (!(await deleteCredential(control.db, place)))
    throw new ControlError('not_found', `There is no stored credential "${place.name}" for ${place.provider}.`)
  return after(control)
}

function after(control: Control): Promise<CredentialRow[]> {
  stampChange(control.dataDir, 'credentials')
  return storedCredentials(control.db)
}
