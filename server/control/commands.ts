/** Everything that the control thread can be told to do: one name, one function of the database and plain arguments. */
import { addCredential, removeCredential } from './credentials.ts'
import { markFinding } from './findings.ts'
import { changeKey, createKey, endKey, renewKey } from './keys.ts'

export const commands = { addCredential, changeKey, createKey, endKey, markFinding, removeCredential, renewKey }
