/** The providers in force: the built-in table with the configuration laid over it. Made anew at each reload; it holds no state. */
import type { Config, ProviderConfig } from '../config/config.ts'
import { nearest } from '../config/nearest.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectByName } from '../dialects/registry.ts'
import { type BuiltinRow, builtinProviders } from './builtin.ts'
import type { Provider } from './provider.ts'

export interface Providers {
  find(name: string): Provider | null
  list(): readonly Provider[]
  /** Those that an unprefixed OpenAI-style call could mean: named in the configuration and speaking OpenAI. */
  openaiConfigured(): readonly Provider[]
  /** The name that was probably meant, for error messages. */
  nearest(name: string): string | null
}

/** What `dialect: …` in weir.yaml stands for. */
const FAMILIES: Record<string, Pick<BuiltinRow, 'credential' | 'dialects' | 'openaiBase'>> = {
  openai: familyOf('openai'),
  anthropic: { ...familyOf('anthropic'), dialects: ['anthropic-messages'], openaiBase: null },
  gemini: { ...familyOf('gemini'), dialects: ['gemini'], openaiBase: null },
}

export function createProviders(config: Pick<Config, 'providers'>): Providers {
  const byName = new Map<string, Provider>()
  for (const row of builtinProviders) byName.set(row.name, toProvider(row, config.providers[row.name]))
  for (const [name, settings] of Object.entries(config.providers)) {
    if (!byName.has(name)) byName.set(name, toProvider(customRow(name, settings), settings))
  }
  const list = [...byName.values()]
  const openaiConfigured = list.filter((provider) => provider.configured && provider.openaiBase !== null)
  return {
    find: (name) => byName.get(name) ?? null,
    list: () => list,
    openaiConfigured: () => openaiConfigured,
    nearest: (name) => nearest(name, [...byName.keys()]),
  }
}

function toProvider(row: BuiltinRow, settings: ProviderConfig | undefined): Provider {
  const family = settings?.dialect ? FAMILIES[settings.dialect]! : row
  return {
    name: row.name,
    baseUrl: (settings?.baseUrl ?? row.baseUrl).replace(/\/+$/, ''),
    credential: family.credential,
    apiKey: settings?.apiKey ?? null,
    headers: settings?.headers ?? {},
    dialects: family.dialects.map((name): Dialect => dialectByName(name)),
    openaiBase: family.openaiBase,
    acceptsStreamUsage: row.acceptsStreamUsage ?? false,
    billing: settings?.billing ?? row.billing ?? 'metered',
    priceId: row.priceId === undefined ? row.name : row.priceId,
    local: row.local ?? false,
    configured: settings !== undefined,
  }
}

/** A provider that only the configuration knows: OpenAI's dialect unless it says otherwise, prices by model name alone. */
const customRow = (name: string, settings: ProviderConfig): BuiltinRow => ({
  name,
  baseUrl: settings.baseUrl ?? '',
  ...FAMILIES[settings.dialect ?? 'openai']!,
  priceId: null,
})

function familyOf(name: string): Pick<BuiltinRow, 'credential' | 'dialects' | 'openaiBase'> {
  const { credential, dialects, openaiBase } = builtinProviders.find((row) => row.name === name)!
  return { credential, dialects, openaiBase }
}
