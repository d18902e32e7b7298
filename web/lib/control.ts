/** The shapes of keys, budgets, routes and the cache, as the API gives and takes them. */
import type { KeyItem } from '../../server/api/schema/keys.ts'
import type { KeyLimit } from '../../server/policy/limits/limit.ts'

export type { BudgetItem } from '../../server/policy/limits/budgets.ts'
export type { Calendar, KeyLimit, Unit } from '../../server/policy/limits/limit.ts'
export type HealthState = 'ok' | 'cooling' | 'open'
/** What may be left out has a default. */
export type LimitInput = Partial<KeyLimit>

export type { KeyItem } from '../../server/api/schema/keys.ts'
export interface MadeKey {
  key: KeyItem
  /** Shown once, then nobody knows it but its holder. */
  secret: string
}

export interface ProviderItem {
  name: string
  configured: boolean
  baseUrl: string
  dialects: string[]
  credentials: number
  models: number | null
  state: HealthState
  calls1h: number | null
  errorShare1h: number | null
  p50Ms1h: number | null
}
export interface TargetItem {
  target: string
  weight: number | null
  state: HealthState
  until: number | null
  why: string | null
  inFlight: number
  calls1h: number | null
  errorShare1h: number | null
  p50Ms1h: number | null
  ttftMs: number | null
}
export interface RouteItem {
  name: string
  strategy: string
  on: (string | number)[]
  retries: number
  sticky: boolean
  targets: TargetItem[]
}
export interface RouteList {
  providers: ProviderItem[]
  routes: RouteItem[]
  problems: string[]
}
