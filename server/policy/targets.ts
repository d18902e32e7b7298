/** Routes as the data path uses them: made from the configuration at each reload, without state. What is learned is in `routing.ts`. */
import type { Config } from '../config/config.ts'
import type { RouteConfig } from '../config/routes.ts'
import { type Family, sharedFamilies } from '../providers/bases.ts'
import type { Provider, ProviderCredential } from '../providers/provider.ts'
import type { Providers } from '../providers/registry.ts'
import type { QualityRule } from './quality/rules.ts'
import { createPatterns } from './pattern.ts'
import { createRule, type Rule } from './rule.ts'

export interface RouteCredential {
  name: string
  key: string
  weight: number
}

export interface RouteTarget {
  /** `provider/model`, or `provider`. */
  name: string
  provider: Provider
  /** null: the model that the client asked for. */
  model: string | null
  weight: number
  /** Weir's own credentials for it, in the order of the configuration. */
  credentials: readonly RouteCredential[]
  /** Why there is none of them although there should be; null: there is, or none is expected. */
  lacks: string | null
  /** Which calls it is for; null: all. */
  rule: Rule | null
}

export interface Route {
  name: string
  strategy: RouteConfig['strategy']
  targets: readonly RouteTarget[]
  /** Families of dialects that all targets speak. */
  families: readonly Family[]
  on: ReadonlySet<string>
  retries: number
  maxWait: number
  sticky: boolean
  cooldown: number
  breaker: RouteConfig['breaker']
  inject: 'off' | 'on' | null
  /** Milliseconds without a header after which a second target is asked beside the first; null: never. */
  hedgeMs: number | null
  /** What is wrong with an answer; null: it is not looked at. */
  quality: readonly QualityRule[] | null
  /** For how long an answer is read on when its client has left; null: not at all. */
  drainMs: number | null
  /** Nano-dollars that such an answer may cost; null: no matter what. */
  drainNano: number | null
}

export interface Routes {
  find(name: string): Route | null
  list(): readonly Route[]
}

/** null: none is configured, and the data path has nothing to look for. */
export function createRoutes(config: Pick<Config, 'routes'>, providers: Providers): Routes | null {
  const byName = new Map(Object.entries(config.routes).map(([name, it]) => [name, toRoute(name, it, providers)]))
  if (byName.size === 0) return null
  const list = [...byName.values()]
  return { find: (name) => byName.get(name) ?? null, list: () => list }
}

function toRoute(name: string, it: RouteConfig, providers: Providers): Route {
  const targets = it.targets.map((each) => toTarget(each, providers))
  return {
    name,
    strategy: it.strategy,
    targets,
    families: sharedFamilies(targets.map(({ provider }) => provider.bases)),
    on: new Set(it.on),
    retries: it.retries,
    maxWait: it.maxWait,
    sticky: it.sticky,
    cooldown: it.cooldown,
    breaker: it.breaker,
    inject: it.usage?.inject ?? null,
    hedgeMs: it.hedge?.after ?? null,
    quality: it.quality.length > 0 ? it.quality : null,
    drainMs: it.disconnect.mode === 'drain' ? it.disconnect.maxMs : null,
    drainNano: it.disconnect.maxCost === undefined ? null : it.disconnect.maxCost * 1e9,
  }
}

function toTarget(each: RouteConfig['targets'][number], providers: Providers): RouteTarget {
  const cut = each.target.indexOf('/')
  const provider = providers.find(cut < 0 ? each.target : each.target.slice(0, cut))!
  const model = cut < 0 ? null : each.target.slice(cut + 1)
  const credentials = provider.credentials.filter((one) => isFor(one, model, each.credential))
  return {
    name: each.target,
    provider,
    model,
    weight: each.weight,
    credentials,
    lacks: credentials.length > 0 ? null : whyNone(provider, each.credential),
    rule: each.when ? createRule(each.when) : null,
  }
}

const isFor = ({ name, models }: ProviderCredential, model: string | null, wanted: string | undefined) =>
  (wanted === undefined || name === wanted) && (model === null || models === null || createPatterns(models)(model))

/** A name that weir.yaml does not hold may be that of a stored credential, which comes and goes. */
function whyNone({ name, locked }: Provider, wanted: string | undefined): string | null {
  if (locked !== null || wanted === undefined) return locked
  return `Weir has no credential "${wanted}" for ${name} that fits (weir credential add ${name} --name ${wanted})`
}
