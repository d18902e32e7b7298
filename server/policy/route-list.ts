/** Routes, their targets and the providers behind them, as they are now: what `GET /api/routes` answers. */
import type { ProviderFigures } from '../../db/queries/provider-figures.ts'
import type { Config } from '../config/config.ts'
import type { Provider } from '../providers/provider.ts'
import type { Providers } from '../providers/registry.ts'
import { isOpen } from './breaker.ts'
import type { Rest, Routing } from './routing.ts'
import type { Route, Routes, RouteTarget } from './targets.ts'

export const HEALTH_STATES = ['ok', 'cooling', 'open'] as const
export type HealthState = (typeof HEALTH_STATES)[number]

export interface TargetItem {
  target: string
  weight: number | null
  state: HealthState
  until: number | null
  why: string | null
  inFlight: number
  calls1h: number
  errorShare1h: number | null
  p50Ms1h: number | null
  ttftMs: number | null
}

export interface RouteItem {
  name: string
  strategy: Route['strategy']
  on: string[]
  retries: number
  sticky: boolean
  targets: TargetItem[]
}

export interface ProviderItem {
  name: string
  configured: boolean
  baseUrl: string
  dialects: string[]
  /** Weir's own. */
  credentials: number
  /** null: Weir knows of none. */
  models: number | null
  state: HealthState
  calls1h: number | null
  errorShare1h: number | null
  p50Ms1h: number | null
}

export interface RouteList {
  providers: ProviderItem[]
  routes: RouteItem[]
  /** What keeps a route from working as it is written, in words. */
  problems: string[]
}

export interface Listed {
  config: Config
  providers: Providers
  routes: Routes | null
  routing: Routing
  nameCredential(credential: string): string
  /** null: the database did not say. */
  figures: readonly ProviderFigures[] | null
  /** Models that are known of each provider. */
  models: ReadonlyMap<string, number>
}

export function listRoutes(all: Listed): RouteList {
  const routes = (all.routes?.list() ?? []).map((route) => toRouteItem(route, all))
  const used = new Set(
    (all.routes?.list() ?? []).flatMap(({ targets }) => targets.map(({ provider }) => provider.name)),
  )
  const called = new Set(all.figures?.map(({ provider }) => provider))
  const shown = all.providers.list().filter(({ name, configured }) => configured || used.has(name) || called.has(name))
  const states = statesByProvider(all.routes, routes)
  return {
    providers: shown.map((provider) => toProviderItem(provider, states.get(provider.name) ?? 'ok', all)),
    routes,
    problems: [...outRoutes(routes), ...withoutCredential(all.routes), ...lacking(all.routes)],
  }
}

function toRouteItem({ name, strategy, on, retries, sticky, targets }: Route, all: Listed): RouteItem {
  return {
    name,
    strategy,
    on: [...on],
    retries,
    sticky,
    targets: targets.map((target) => toTargetItem(target, strategy, all)),
  }
}

function toTargetItem(
  target: RouteTarget,
  strategy: Route['strategy'],
  { routing, nameCredential }: Listed,
): TargetItem {
  const { breaker, inFlight, firstByte, window } = routing.health(target.name)
  const now = routing.now()
  const open = isOpen(breaker, now) ? { until: breaker.openUntil, why: breaker.why } : null
  const rest = open ? null : restOf(target, routing, nameCredential)
  return {
    target: target.name,
    weight: strategy === 'weighted' || strategy === 'least-busy' ? target.weight : null,
    state: open ? 'open' : rest ? 'cooling' : 'ok',
    until: (open ?? rest)?.until ?? null,
    why: (open ?? rest)?.why ?? null,
    inFlight,
    ...window.read(now),
    ttftMs: firstByte.value === null ? null : Math.round(firstByte.value),
  }
}

/** Cooling: every credential of Weir's rests. */
function restOf(
  { name, credentials }: RouteTarget,
  routing: Routing,
  nameCredential: Listed['nameCredential'],
): Rest | null {
  const rests = credentials.map(({ key }) => routing.resting(name, nameCredential(key)))
  if (rests.length === 0 || rests.includes(null)) return null
  return rests.reduce((soonest, rest) => (rest!.until < soonest!.until ? rest : soonest))
}

function statesByProvider(routes: Routes | null, items: readonly RouteItem[]): Map<string, HealthState> {
  const states = new Map<string, HealthState>()
  for (const [i, { targets }] of (routes?.list() ?? []).entries())
    for (const [j, { provider }] of targets.entries()) {
      const { state } = items[i]!.targets[j]!
      const before = states.get(provider.name) ?? 'ok'
      states.set(provider.name, HEALTH_STATES.indexOf(state) > HEALTH_STATES.indexOf(before) ? state : before)
    }
  return states
}

function toProviderItem(provider: Provider, state: HealthState, { figures, models, config }: Listed): ProviderItem {
  const own = figures?.find((each) => each.provider === provider.name)
  const known = models.get(provider.name) ?? config.providers[provider.name]?.models?.length
  return {
    name: provider.name,
    configured: provider.configured,
    baseUrl: provider.baseUrl,
    dialects: provider.dialects.map(({ name }) => name).filter((name) => name !== 'generic'),
    credentials: provider.credentials.length,
    models: known ?? null,
    state,
    calls1h: figures ? (own?.calls ?? 0) : null,
    errorShare1h: own && own.calls > 0 ? own.errors / own.calls : null,
    p50Ms1h: own?.p50Ms ?? null,
  }
}

const outRoutes = (routes: readonly RouteItem[]): string[] =>
  routes
    .filter(({ targets }) => targets.every(({ state }) => state === 'open'))
    .map(({ name }) => `Route ${name}: no target can be tried now, all of them failed too often in a row.`)

/** Found only when a client's own credential is no use there. */
const withoutCredential = (routes: Routes | null): string[] =>
  (routes?.list() ?? []).flatMap(({ name, targets }) => {
    const lacking = new Set(
      targets
        .filter(
          ({ provider, credentials }) =>
            !provider.local && credentials.length === 0 && Object.keys(provider.secretHeaders).length === 0,
        )
        .map(({ provider }) => provider.name),
    )
    if (lacking.size === 0 || new Set(targets.map(({ provider }) => provider.name)).size === 1) return []
    const which = [...lacking].join(', ')
    return [
      `Route ${name}: Weir holds no credential for ${which}, and a client’s own is good for one provider only. Set providers.${[...lacking][0]}.apiKey.`,
    ]
  })

const lacking = (routes: Routes | null): string[] =>
  (routes?.list() ?? []).flatMap(({ name, targets }) =>
    targets.flatMap(({ name: target, lacks }) => (lacks === null ? [] : [`Route ${name}, target ${target}: ${lacks}`])),
  )
