/**
 * Secrets of Weir keys. One is 40 characters of 62 (238 random bits), so a plain HMAC of it is as strong as any slow hash would be,
 * and cheap enough for the data path. The HMAC's own secret is a file of the data folder: a copy of the database opens nothing.
 */
import { createHmac, hash, randomInt } from 'node:crypto'
import { SECRET_PREFIX } from './key-prefix.ts'
import { ensureKey, readKey } from '../data-folder.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 40

export const createSecret = (): string =>
  SECRET_PREFIX + Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/** What is stored of a secret, in hex. */
export const hashSecret = (pepper: Buffer, secret: string): string =>
  createHmac('sha256', pepper).update(secret).digest('hex')

/** What weir.yaml may hold of a secret (`hash`): the same everywhere, so that anybody can make it with `sha256sum`. */
export const plainHash = (secret: string): string => hash('sha256', secret, 'hex')

const FILE = 'key-hashes.key'
const IF_LOST = 'without it no key that was made here opens anything: make new ones'

/** null: no key was ever made in this data folder. `given`: what the configuration says (`keyHashesKey`), in hex. */
export const readPepper = (dataDir: string, given: string | null): Buffer | null =>
  readKey({ dataDir, name: FILE, given, ifLost: IF_LOST })
export const ensurePepper = (dataDir: string, given: string | null): Buffer =>
  ensureKey({ dataDir, name: FILE, given, ifLost: IF_LOST })
