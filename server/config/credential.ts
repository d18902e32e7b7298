/** What may be said of a stored credential: by the API and on the command line, checked by the same rules. */
import { z } from 'zod'
import { amount } from './units.ts'

export const credentialName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, {
  error:
    'is no name for a credential: up to 64 letters, digits, dots, dashes and underscores, the first a letter or digit',
})

/** It goes into a header as it is. Messages never repeat it. */
export const credentialSecret = z
  .string()
  .trim()
  .min(1, { error: 'is empty' })
  .max(16_384, { error: 'is longer than 16384 characters: that is no credential' })
  .regex(/^[\x21-\x7e]*$/, { error: 'must be one word of visible ASCII characters, as the provider gave it' })
  .refine((secret) => !secret.startsWith('wk_'), {
    error: 'is a Weir key (wk_…), and what is stored here is what the provider gave',
  })

/** Beside provider, name and secret. */
export const credentialFields = {
  weight: amount().prefault(1).describe('Share of the calls of a route among several; 0: only when no other is left.'),
  models: z
    .array(z.string().min(1).max(256))
    .min(1, { error: 'names nothing: leave it out for all' })
    .max(200)
    .nullable()
    .prefault(null)
    .describe('Patterns of the models that it may be used for, such as gpt-5*; null: all.'),
}
