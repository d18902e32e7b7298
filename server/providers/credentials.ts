/** Weir's own credentials for a provider: those of weir.yaml, then the stored ones. */
import type { ProviderConfig } from '../config/config.ts'
import type { StoredCredential } from '../credentials/credential.ts'
import type { ProviderCredential } from './provider.ts'

/** Stored credentials as providers are made with them. */
export interface Stored {
  list(): readonly StoredCredential[]
  /** Why they cannot be known now; null: they are. */
  problem: string | null
}

export const NOTHING_STORED: Stored = { list: () => [], problem: null }

export function configuredCredentials(settings: ProviderConfig | undefined): ProviderCredential[] {
  const single = settings?.apiKey ? [{ name: 'apiKey', key: settings.apiKey, weight: 1, models: null }] : []
  const several = (settings?.apiKeys ?? []).map(({ name, key, weight, models }, i) => ({
    name: name ?? `apiKeys[${i}]`,
    key,
    weight,
    models: models ?? null,
  }))
  return [...single, ...several]
}

/** A name of weir.yaml wins over a stored one. */
export function credentialsOf(
  provider: string,
  settings: ProviderConfig | undefined,
  stored: Stored,
): { credentials: ProviderCredential[]; locked: string | null } {
  const configured = configuredCredentials(settings)
  const own = stored.list().filter((each) => each.provider === provider)
  const usable = own.flatMap(({ name, key, weight, models }) =>
    key === null || configured.some((each) => each.name === name) ? [] : [{ name, key, weight, models }],
  )
  const locked = stored.problem ?? own.find(({ problem }) => problem !== null)?.problem ?? null
  return { credentials: [...configured, ...usable], locked }
}
