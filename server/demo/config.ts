/**
 * The configuration of the demo: the user's own, but every provider lives at the demo's. Whatever the file or the environment
 * say, a made-up call goes nowhere but to this process.
 */
import type { Config, ProviderConfig } from '../config/config.ts'
import type { ConfigSource } from '../config/reload.ts'
import { builtinProviders } from '../providers/builtin.ts'

export function toDemoConfig(source: ConfigSource, providerUrl: string): ConfigSource {
  const made = new WeakMap<Config, Config>()
  const here = (config: Config): Config => {
    const known = made.get(config)
    if (known) return known
    const next = { ...config, providers: toDemoProviders(config.providers, providerUrl) }
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
    [...names].map((name) => [name, toDemoProvider(given[name] ?? {}, `${providerUrl}/${name}`)]),
  )
}

/** No proxy either: it would be the way out. */
const toDemoProvider = (given: ProviderConfig, baseUrl: string): ProviderConfig =>
  Object.assign({}, given, { baseUrl, proxy: undefined, tls: undefined })
