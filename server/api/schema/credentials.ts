/** Credentials of Weir's own as the API gives and takes them: the secret goes in, and never out. */
import { z } from '@hono/zod-openapi'
import { credentialFields, credentialName, credentialSecret } from '../../config/credential.ts'
import type { Credential } from '../../credentials/credential.ts'

export const credentialItem = z
  .object({
    provider: z.string(),
    name: z.string().describe('For messages, and for `credential:` of a route’s target.'),
    last4: z.string().describe("The secret's last four characters; '' of one that is shorter than 16."),
    weight: z.number().describe('Share of the calls of a route among several.'),
    models: z.array(z.string()).nullable().describe('Patterns of the models that it may be used for; null: all.'),
    source: z.enum(['config', 'stored']).describe('config: it stands in weir.yaml and is read-only here.'),
    createdAt: z.number().int().nullable().describe('Epoch milliseconds; null: not known.'),
    problem: z.string().nullable().describe('Why it cannot be used; null: it can.'),
  })
  .openapi('Credential') satisfies z.ZodType<Credential>

export const credentialList = z
  .object({
    items: z.array(credentialItem).describe('Those of weir.yaml first, then as they were made.'),
    problem: z.string().nullable().describe('Why the stored ones are not known now; null: they are.'),
  })
  .openapi('CredentialList')

export const newCredential = z
  .strictObject({
    provider: z.string().min(1).max(200),
    name: credentialName,
    secret: credentialSecret.describe('As the provider gave it. It is stored encrypted and shown nowhere.'),
    ...credentialFields,
  })
  .openapi('NewCredential')

/** Any text: whether there is such a credential, the answer says. */
export const credentialParam = z.object({ provider: z.string().min(1).max(200), name: z.string().min(1).max(200) })
