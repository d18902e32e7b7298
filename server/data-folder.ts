/** The data folder and what Weir keeps in it that is no database: everything in there is its user's alone. */
import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PRIVATE = 0o700

/**
 * Makes the folder, or closes one that was there before (Docker's `/data`, a `mkdir` by hand) to everybody else. A folder of
 * another user stays as it is; `say` hears of it. No modes on Windows, where a profile's folders are private.
 */
export function openDataFolder(folder: string, say: (line: string) => void): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE })
  if (process.platform === 'win32') return
  const mode = statSync(folder).mode & 0o777
  if ((mode & 0o077) === 0) return
  try {
    chmodSync(folder, PRIVATE)
  } catch {
    say(
      `The data folder ${folder} is open to other users (mode ${mode.toString(8)}) and is not Weir's to close: run chmod 700 on it.`,
    )
  }
}

const SECRET_BYTES = 32

/** A key of 32 bytes: given by the configuration (in hex), or a file of the data folder. What is given wins. */
interface KeyPlace {
  dataDir: string
  /** Of the file. */
  name: string
  given: string | null
  /** What it costs to delete the file. */
  ifLost: string
}

/** null: none is given, and there is no file. */
export const readKey = ({ dataDir, name, given, ifLost }: KeyPlace): Buffer | null =>
  given === null ? readSecretFile(dataDir, name, ifLost) : Buffer.from(given, 'hex')

/** Makes the file where nothing is given and none is there. */
export const ensureKey = ({ dataDir, name, given, ifLost }: KeyPlace): Buffer =>
  given === null ? ensureSecretFile(dataDir, name, ifLost) : Buffer.from(given, 'hex')

/**
 * The HMAC secret behind credential names: 32 random bytes of this data folder, or what the configuration gives.
 * @throws when it cannot be read or is not whole: with another secret the names of credentials would change.
 */
export const credentialSecret = (dataDir: string, given: string | null = null): Buffer =>
  ensureKey({ dataDir, name: 'credential-names.key', given, ifLost: 'credentials then get new names' })

/**
 * 32 random bytes in a file of the data folder, made when they are not there. Of two processes that start at once one makes it and
 * both use it. `ifLost` says what it costs to delete the file. @throws when it cannot be read or is not whole.
 */
export function ensureSecretFile(dataDir: string, name: string, ifLost: string): Buffer {
  const found = readSecretFile(dataDir, name, ifLost)
  if (found) return found
  const file = join(dataDir, name)
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const made = randomBytes(SECRET_BYTES)
  writeFileSync(draft, made, { mode: 0o600, flag: 'wx' })
  try {
    // A link comes to be whole or not at all, so that nobody reads half a secret.
    linkSync(draft, file)
  } catch (error) {
    // Some mounted file systems know no links.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') writeUnlinked(file, made)
  } finally {
    rmSync(draft, { force: true })
  }
  return readSecretFile(dataDir, name, ifLost)!
}

function writeUnlinked(file: string, secret: Buffer): void {
  try {
    writeFileSync(file, secret, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** null: there is no such file. */
export function readSecretFile(dataDir: string, name: string, ifLost: string): Buffer | null {
  const file = join(dataDir, name)
  let secret: Buffer
  try {
    secret = readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  if (secret.length === SECRET_BYTES) return secret
  throw new Error(
    `${file} is damaged: it has ${secret.length} bytes instead of ${SECRET_BYTES}. Restore it, or delete it: ${ifLost}.`,
  )
}
