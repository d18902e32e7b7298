/** Keys of Weir's own that several Weirs share: 32 bytes, written as text. */
import { z } from 'zod'

const BYTES = 32

/** 64 hex digits or base64 of 32 bytes; what comes out is hex. The message never repeats what was given. */
const keyMaterial = (says: string) =>
  z
    .string()
    .transform((text, context) => {
      const hex = toHex(text.trim())
      if (hex !== null) return hex
      context.addIssue({
        code: 'custom',
        message: 'must be 32 bytes, as 64 hex digits or base64: openssl rand -hex 32 makes one',
        input: null,
      })
      return z.NEVER
    })
    .nullable()
    .prefault(null)
    .describe(says)

function toHex(text: string): string | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase()
  if (!/^[\w+/-]{43}=?$/.test(text)) return null
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === BYTES ? bytes.toString('hex') : null
}

export const keyMaterials = {
  masterKey: keyMaterial('Seals stored credentials; instead of master.key in the data folder.'),
  keyHashesKey: keyMaterial('Behind the hashes of Weir keys; instead of key-hashes.key in the data folder.'),
  credentialNamesKey: keyMaterial(
    'Behind the names of credentials on calls; instead of credential-names.key in the data folder.',
  ),
}

export const KEY_MATERIALS = ['masterKey', 'keyHashesKey', 'credentialNamesKey'] as const
