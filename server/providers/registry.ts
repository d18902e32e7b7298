/** The providers in force: the built-in table with the configuration laid over it. Made anew at each reload; it holds no state. */
import type { Config, ProviderConfig } from '../config/config.ts'
import { nearest } from '../config/nearest.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectByName, type Recognised, recognise } from '../dialects/registry.ts'
import { isSecretHeader } from '../secret-header.ts'
import { basesOf, builtinRow } from './bases.ts'
import { type BuiltinRow, builtinProviders } from './builtin.ts'
import { credentialsOf, NOTHING_STORED, type Stored } from './credentials.ts'
import type { Base, Provider } from './provider.ts'

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

export function createProviders(config: Pick<Config, 'providers'>, stored: Stored = NOTHING_STORED): Providers {
  const byName = new Map<string, Provider>()
  for (const row of builtinProviders) byName.set(row.name, toProvider(row, config.providers[row.name], stored))
  for (const [name, settings] of Object.entries(config.providers)) {
    if (!byName.has(name)) byName.set(name, toProvider(customRow(name, settings), settings, stored))
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

function toProvider(row: BuiltinRow, settings: ProviderConfig | undefined, stored: Stored): Provider {
  const family = settings?.dialect ? FAMILIES[settings.dialect]! : row
  const baseUrl = (settings?.baseUrl ?? row.baseUrl).replace(/\/+$/, '')
  const { credentials, locked } = credentialsOf(row.name, settings, stored)
  // What none of its dialects knows is still a call: kept and shown raw.
  const dialects = [...family.dialects, 'generic'].map((name): Dialect => dialectByName(name))
  return {
    name: row.name,
    baseUrl,
    base: toBase(baseUrl),
    credential: family.credential,
    apiKey: credentials[0]?.key ?? null,
    credentials,
    locked,
    ...splitHeaders(settings?.headers ?? {}, family.credential.header),
    dialects,
    recognise: createRecogniser(dialects),
    openaiBase: family.openaiBase,
    bases: basesOf(builtinRow(row.name), settings?.dialect ?? null),
    // Proved by recordings of the provider itself; who knows what stands behind a base URL of one's own.
    acceptsStreamUsage: (row.acceptsStreamUsage ?? false) && (settings?.baseUrl === undefined || row.baseUrl === ''),
    billing: settings?.billing ?? row.billing ?? 'metered',
    priceId: row.priceId === undefined ? row.name : row.priceId,
    local: row.local ?? false,
    configured: settings !== undefined || credentials.length > 0,
  }
}

function splitHeaders(
  headers: Readonly<Record<string, string>>,
  credentialHeader: string,
): Pick<Provider, 'headers' | 'secretHeaders'> {
  const isSecret = (name: string) => name.toLowerCase() === credentialHeader || isSecretHeader(name.toLowerCase())
  const only = (secret: boolean) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => isSecret(name) === secret))
  return { headers: only(false), secretHeaders: only(true) }
}

function toBase(baseUrl: string): Base {
  if (baseUrl === '') return { origin: '', host: '', path: '' }
  const { origin, host, pathname } = new URL(baseUrl)
  return { origin, host, path: pathname === '/' ? '' : pathname }
}

/** Paths that were seen; some carry names and ids, so they are forgotten all at once before they are many. */
const KNOWN_PATHS = 500

function createRecogniser(dialects: readonly Dialect[]): Provider['recognise'] {
  const known = new Map<string, Recognised | null>()
  return (method, path) => {
    const request = `${method} ${path}`
    const before = known.get(request)
    if (before !== undefined) return before
    const found = recognise(dialects, method, path)
    if (known.size >= KNOWN_PATHS) known.clear()
    known.set(request, found)
    return found
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
