/** One of Weir's own credentials for a provider, as people see it. Its secret is not in here. */

/** What may be said of a credential, beside its secret. */
export interface CredentialInput {
  provider: string
  name: string
  weight: number
  /** null: all. */
  models: string[] | null
}

export interface Credential extends CredentialInput {
  /** Of the secret; '' of a short one, of which four characters would say too much. */
  last4: string
  /** null: not known, as for those of weir.yaml. */
  createdAt: number | null
  /** config: it stands in weir.yaml, and is read-only in API and dashboard. */
  source: 'config' | 'stored'
  /** Why it cannot be used; null: it can. */
  problem: string | null
}

/** A stored one, opened. */
export interface StoredCredential extends Credential {
  /** null: it cannot be opened. */
  key: string | null
}

export const lastOf = (secret: string): string => (secret.length >= 16 ? secret.slice(-4) : '')
