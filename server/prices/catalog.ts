/**
 * The price library, as data: which model is meant, and what it costs per unit at a moment. Its own calculation is not used: it
 * bills tokens that it has no price for, wants inclusive counts, and answers in floats.
 */
import { calcPrice, findProvider, type ModelInfo, type ModelPrice } from '@pydantic/genai-prices'

/** The package exports no version; a test holds this level with what is installed. */
export const PRICES_VERSION = '0.1.8'

export interface PricedModel {
  /** Provider and model as the library names them. */
  providerId: string
  model: ModelInfo
}

export interface Catalog {
  /** The model that is meant, or null. Remembered per provider and model: matching takes 50 µs, prices depend on the moment. */
  find(priceId: string, model: string): PricedModel | null
}

/** More names than one gateway sees; beyond it the oldest are matched again. */
const REMEMBERED = 4000

export function createCatalog(): Catalog {
  const known = new Map<string, PricedModel | null>()
  return {
    find(priceId, model) {
      const key = `${priceId} ${model}`
      const hit = known.get(key)
      if (hit !== undefined) return hit
      if (known.size >= REMEMBERED) known.delete(known.keys().next().value!)
      const found = match(priceId, model)
      known.set(key, found)
      return found
    },
  }
}

/** Asked without usage, so that the library only matches. It throws on price tables that contradict themselves. */
function match(priceId: string, model: string): PricedModel | null {
  try {
    const found = calcPrice({}, bare(model), { providerId: priceId })
    return found && { providerId: found.provider.id, model: found.model }
  } catch {
    return null
  }
}

/** Google writes `models/gemini-…`, Vertex `publishers/google/models/…`. */
const bare = (model: string): string => model.replace(/^(?:publishers\/[^/]+\/)?models\//, '')

/** The unit prices in force at `at` (epoch ms), by the library's keys, and since when. https://github.com/pydantic/genai-prices */
export function pricesAt(model: ModelInfo, at: number): { prices: ModelPrice; since: string | null } {
  if (!Array.isArray(model.prices)) return { prices: model.prices, since: null }
  // The last one that holds wins; where none does, the first.
  for (const { constraint, prices } of model.prices.toReversed()) {
    if (constraint === undefined) return { prices, since: null }
    if (constraint.type === 'start_date') {
      if (at >= Date.parse(constraint.start_date)) return { prices, since: constraint.start_date }
    } else if (isWithin(at, constraint.start_time, constraint.end_time)) return { prices, since: null }
  }
  return { prices: model.prices[0]!.prices, since: null }
}

/** Times of day such as `16:30:00Z`, which may span midnight. */
function isWithin(at: number, from: string, to: string): boolean {
  const day = 86_400_000
  const now = ((at % day) + day) % day
  const start = (Date.parse(`1970-01-01T${from}`) + day) % day
  const end = (Date.parse(`1970-01-01T${to}`) + day) % day
  return end < start ? now >= start || now < end : now >= start && now < end
}

/** Models of a provider that are still offered, by the library's ids. `priceId`: as in `Provider.priceId`. */
export function knownModels(priceId: string): string[] {
  const models = findProvider({ providerId: priceId })?.models ?? []
  return models.filter(({ deprecated }) => deprecated !== true).map(({ id }) => id)
}

export const pricesVersion = (): string => PRICES_VERSION
