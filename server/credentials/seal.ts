/**
 * A credential's secret as it is stored: AES-256-GCM under a key that comes from the master key. Provider and name are authenticated
 * with it, so a row that was renamed, or whose secret was put into another row, opens no more. Form:
 * `1.<id of the master key>.<nonce>.<tag>.<ciphertext>`, base64url.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export interface Place {
  provider: string
  name: string
}

const VERSION = '1'
const CIPHER = 'aes-256-gcm'
/** NIST SP 800-38D §8.2: 96 bits, random; far from 2^32 uses of one key. */
const NONCE_BYTES = 12
const TAG_BYTES = 16

const derive = (master: Buffer, purpose: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', master, '', `weir ${purpose}`, bytes))

/** Tells master keys apart without telling anything of them. */
export const masterKeyId = (master: Buffer): string => derive(master, 'master key id', 4).toString('hex')

/** JSON keeps `a` + `bc` and `ab` + `c` apart. */
const placeBytes = ({ provider, name }: Place): Buffer => Buffer.from(JSON.stringify([provider, name]))

export function sealSecret(master: Buffer, place: Place, secret: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, derive(master, 'credentials', 32), nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(placeBytes(place))
  const hidden = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  const parts = [nonce, cipher.getAuthTag(), hidden].map((bytes) => bytes.toString('base64url'))
  return [VERSION, masterKeyId(master), ...parts].join('.')
}

/** @throws Error in words that begin after "The credential … cannot be used: ". */
export function openSealed(master: Buffer, place: Place, sealed: string): string {
  const [version, id, nonce, tag, hidden, ...more] = sealed.split('.')
  if (version !== VERSION || hidden === undefined || more.length > 0)
    throw new Error('its row has a form that this Weir does not know. Remove it and add it again')
  const own = masterKeyId(master)
  if (id !== own)
    throw new Error(
      `it was stored under another master key (id ${id}; the one in force has the id ${own}). Give Weir that key again (master.key of its data folder, or WEIR_MASTER_KEY), or remove the credential and add it again`,
    )
  try {
    const decipher = createDecipheriv(CIPHER, derive(master, 'credentials', 32), Buffer.from(nonce!, 'base64url'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(placeBytes(place)).setAuthTag(Buffer.from(tag!, 'base64url'))
    return Buffer.concat([decipher.update(Buffer.from(hidden, 'base64url')), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new Error('its row was changed from outside, or belongs to another name. Remove it and add it again', {
      cause,
    })
  }
}
