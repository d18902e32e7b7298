/** Everything that the control thread can be told to do: one name, one function of the database and plain arguments. */
import { changeKey, createKey, endKey, renewKey } from './keys.ts'

export const commands = { changeKey, createKey, endKey, renewKey }
