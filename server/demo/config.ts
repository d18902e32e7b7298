/**
 * The configuration of the demo: the user's own, but every provider lives at the demo's. Whatever the file or the environment
 * say, a made-up call goes nowhere but to this process. Keys, budgets, a route and the cache are there to be looked at.
 */
import type { Config, ProviderConfig } from '../config/config.ts'
import { limitSchema } from '../config/limits.ts'
import type { ConfigSource } from '../config/reload.ts'
import { routes } from '../config/routes.ts'
import { demoKeys } from './keys.ts'
import { SORT } from './tries.ts'
import { builtinProviders } from '../providers/builtin.ts'

/** Weir's own credential at the targets of the route: its clients show a Weir key only. */
const HELD: readonly string[] = SORT.map(({ provider }) => provider)
const ROUTES = routes.parse({ sort: { targets: SORT.map(({ provider, model }) => `${provider}/${model}`) } })
/** None of them refuses a call. */
const LIMITS: Config['limits'] = [
  { on: 'global', per: 'month', cost: 250, action: 'alert' },
  { on: 'team', per: 'day', cost: 8, action: 'alert' },
].map((limit) => limitSchema.parse(limit))

export function toDemoConfig(source: ConfigSource, providerUrl: string): ConfigSource {
  const made = new WeakMap<Config, Config>()
  const keys = demoKeys(Date.now())
  const here = (config: Config): Config => {
    const known = made.get(config)
    if (known) return known
    const taken = new Set(config.keys.list.map(({ name }) => name))
    const next = {
      ...config,
      providers: toDemoProviders(config.providers, providerUrl),
      keys: { ...config.keys, list: [...config.keys.list, ...keys.filter(({ name }) => !taken.has(name))] },
      limits: config.limits.length > 0 ? config.limits : LIMITS,
      routes: { ...ROUTES, ...config.routes },
      cache: config.cache.mode === 'off' ? { ...config.cache, mode: 'opt-in' as const } : config.cache,
    }
    made.set(config, next)
    return next
  }
  return {
    get file() {
      return source.file
    },
    current: () => here(source.current()),
    problems: () => source.problems(),
    onChange: (listener) => source.onChange((config) => listener(here(config))),
    check: () => source.check(),
    close: () => source.close(),
  }
}

function toDemoProviders(given: Config['providers'], providerUrl: string): Config['providers'] {
  const names = new Set([...builtinProviders.map(({ name }) => name), ...Object.keys(given)])
  return Object.fromEntries(
    [...names].map((name) => [name, toDemoProvider(given[name] ?? held(name), `${providerUrl}/${name}`)]),
  )
}

const held = (name: string): ProviderConfig => (HELD.includes(name) ? { apiKey: `sk-demo-weirs-own-${name}` } : {})

/** No proxy either: it would be the way out. */
const toDemoProvider = (given: ProviderConfig, baseUrl: string): ProviderConfig =>
  Object.assign({}, given, { baseUrl, proxy: undefined, tls: undefined })
