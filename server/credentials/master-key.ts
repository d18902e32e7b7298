/** The key that stored credentials are sealed with: `masterKey` of the configuration, else a file of the data folder. */
import { ensureKey, readKey } from '../data-folder.ts'

const FILE = 'master.key'
const IF_LOST = 'the credentials that were stored under it must then be added again'

/** null: nothing was ever stored here. `given`: in hex, what the configuration says. */
export const readMasterKey = (dataDir: string, given: string | null): Buffer | null =>
  readKey({ dataDir, name: FILE, given, ifLost: IF_LOST })
export const ensureMasterKey = (dataDir: string, given: string | null): Buffer =>
  ensureKey({ dataDir, name: FILE, given, ifLost: IF_LOST })
