/** Credentials as they are managed: stored by the control thread, in force here as soon as that is done. Those of weir.yaml are read-only. */
import { ApiError } from '../api/problem.ts'
import type { ProviderConfig } from '../config/config.ts'
import type { Tell } from '../control/control.ts'
import { configuredCredentials } from '../providers/credentials.ts'
import type { Providers } from '../providers/registry.ts'
import { type Credential, type CredentialInput, lastOf } from './credential.ts'
import type { Credentials } from './credentials.ts'
import type { Place } from './seal.ts'

export interface CredentialAdmin {
  /** Those of weir.yaml first; never a secret. */
  list(): Credential[]
  /** Why the stored ones are not known; null: they are. */
  problem(): string | null
  /** @throws ApiError bad_input, name_taken, read_only */
  add(input: CredentialInput, secret: string): Promise<Credential>
  /** As it was. Calls under way keep it. @throws ApiError not_found, read_only */
  remove(place: Place): Promise<Credential>
}

export interface CredentialAdminSettings {
  credentials: Credentials
  /** In force now. */
  providers(): Providers
  configured(): Readonly<Record<string, ProviderConfig>>
  tell: Tell
  now?: () => number
}

export const createCredentialAdmin = (settings: CredentialAdminSettings): CredentialAdmin => {
  const { credentials, providers, configured, tell, now = Date.now } = settings
  const fromConfig = () => Object.entries(configured()).flatMap(([name, it]) => toConfigured(name, it))
  const list = (): Credential[] => {
    const own = fromConfig()
    const isShadowed = (each: Place) => own.some((other) => isAt(other, each))
    return [...own, ...credentials.list().map((each) => toStored(each, isShadowed(each), providers()))]
  }
  const find = (place: Place) => list().find((each) => each.source === 'stored' && isAt(each, place))
  const refuseConfigured = (place: Place, instead: string) => {
    if (!fromConfig().some((each) => isAt(each, place)) || find(place)) return
    throw new ApiError('read_only', `The credential "${place.name}" for ${place.provider} is set in weir.yaml.`, {
      help: instead,
    })
  }

  return {
    list,
    problem: () => credentials.problem,
    async add(input, secret) {
      if (!providers().find(input.provider)) throw unknownProvider(input.provider, providers())
      refuseConfigured(input, 'Choose another name, or change it there.')
      credentials.load(await tell('addCredential', { input, secret, now: now() }))
      return find(input)!
    },
    async remove(place) {
      refuseConfigured(place, 'Take it out there.')
      const before = find(place)
      const rows = await tell('removeCredential', place)
      credentials.load(rows)
      if (before) return before
      // Stored by another process a moment ago, and not seen here yet.
      return { ...place, weight: 1, models: null, last4: '', createdAt: null, source: 'stored', problem: null }
    },
  }
}

const isAt = (a: Place, b: Place) => a.provider === b.provider && a.name === b.name

const toConfigured = (provider: string, settings: ProviderConfig): Credential[] =>
  configuredCredentials(settings).map(({ name, key, weight, models }) => ({
    provider,
    name,
    weight,
    models: models === null ? null : [...models],
    last4: lastOf(key),
    createdAt: null,
    source: 'config',
    problem: null,
  }))

function toStored(each: Credential, isShadowed: boolean, providers: Providers): Credential {
  const { provider, name, weight, models, last4, createdAt } = each
  const unknown = providers.find(provider)
    ? null
    : `The credential "${name}" is for ${provider}, and weir.yaml names no such provider any more.`
  const shadowed = isShadowed
    ? `The credential "${name}" for ${provider} is not used: weir.yaml has one of the same name, which wins.`
    : null
  const problem = unknown ?? shadowed ?? each.problem
  return { provider, name, weight, models, last4, createdAt, source: 'stored', problem }
}

function unknownProvider(name: string, providers: Providers): ApiError {
  const meant = providers.nearest(name)
  const says = `There is no provider "${name}"${meant ? `: did you mean ${meant}?` : '.'}`
  return new ApiError('bad_input', says, {
    help: 'Providers that are not built in are named under providers in weir.yaml, with their baseUrl.',
    errors: [{ where: 'json.provider', message: says }],
  })
}
