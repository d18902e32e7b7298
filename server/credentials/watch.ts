/** The stored credentials, kept in memory as they are in the database. */
import { readStamp } from '../control/stamp.ts'
import { type Watch, watchStored } from '../control/watch.ts'
import type { Ask } from '../reader/ask.ts'
import type { Credentials } from './credentials.ts'
import { readMasterKey } from './master-key.ts'

export interface CredentialWatchSettings {
  dataDir: string
  database: string
  masterKey: string | null
  credentials: Credentials
  ask: Ask
  say(line: string): void
  every?: number
}

export const watchCredentials = ({ credentials, ask, masterKey, ...settings }: CredentialWatchSettings): Watch =>
  watchStored({
    ...settings,
    words: 'stored credentials',
    what: 'credentials',
    level: credentials,
    isUsed: () => isUsed(settings.dataDir, masterKey),
    ask: () => ask('storedCredentials', undefined),
    load: (rows) => credentials.load(rows),
  })

/** Where the stamp is there and the key is not, the rows are read all the same: each then says what it lacks. */
function isUsed(dataDir: string, masterKey: string | null): boolean {
  if (readStamp(dataDir, 'credentials') !== null) return true
  try {
    return readMasterKey(dataDir, masterKey) !== null
  } catch {
    return true
  }
}

/** Longest wait of a start for them: a database that is away must not keep Weir from serving what needs none. */
const START_WAIT_MS = 10_000

/** Calls are served with the credentials that are there when they begin, so a start waits until these are. */
export async function untilRead(credentials: Credentials): Promise<void> {
  const { reading } = credentials
  if (reading === null) return
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, START_WAIT_MS)
  await Promise.race([reading, late.promise])
  clearTimeout(timer)
  if (credentials.reading !== null)
    credentials.problem = 'The stored credentials are still being read from the database.'
}
