/** The shapes of keys, budgets, routes and the cache, as the API gives and takes them. */
import type { KeyItem } from '../../server/api/schema/keys.ts'
import type { CacheStats } from '../../server/cache/cache.ts'
import type { RouteList } from '../../server/policy/route-list.ts'
import type { KeyLimit } from '../../server/policy/limits/limit.ts'

export type { BudgetItem } from '../../server/policy/limits/budgets.ts'
export type { Calendar, KeyLimit, Unit } from '../../server/policy/limits/limit.ts'
export type HealthState = RouteList['providers'][number]['state']
/** What may be left out has a default. */
export type LimitInput = Partial<KeyLimit>

export type { KeyItem } from '../../server/api/schema/keys.ts'
export interface MadeKey {
  key: KeyItem
  /** Shown once, then nobody knows it but its holder. */
  secret: string
}

export type CacheStatus = CacheStats & { mode: 'off' | 'opt-in' | 'on' }

export type { Credential as CredentialItem } from '../../server/credentials/credential.ts'
export type { RouteList } from '../../server/policy/route-list.ts'
export type ProviderItem = RouteList['providers'][number]
export type RouteItem = RouteList['routes'][number]
