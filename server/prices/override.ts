/** The user's own prices (`prices:` in weir.yaml): they win over everything. Both spellings that people have at hand are understood. */
import type { Bucket } from '../call.ts'
import type { Rate } from './decimal.ts'
import type { RateOf } from './rates.ts'

/** One entry, as the configuration gives it: dates as epoch ms, rates as dollars under the names of `RATES`. */
export type PriceOverride = {
  provider?: string
  model: string
  from?: number
  to?: number
  multiplier?: number
} & Partial<Record<RateName, number>>

const M = 1_000_000

/** Name → bucket and how many units the dollars are for. LiteLLM's names: https://docs.litellm.ai/docs/proxy/custom_pricing */
const RATES = {
  inputPerMillion: ['input', M],
  cacheReadPerMillion: ['cacheRead', M],
  cacheWritePerMillion: ['cacheWrite', M],
  cacheWrite1hPerMillion: ['cacheWrite1h', M],
  outputPerMillion: ['output', M],
  reasoningPerMillion: ['reasoning', M],
  audioInputPerMillion: ['audioInput', M],
  audioCacheReadPerMillion: ['audioCacheRead', M],
  audioOutputPerMillion: ['audioOutput', M],
  imageInputPerMillion: ['imageInput', M],
  imageOutputPerMillion: ['imageOutput', M],
  videoInputPerMillion: ['videoInput', M],
  perWebSearch: ['webSearches', 1],
  perSecond: ['seconds', 1],
  perCharacter: ['characters', 1],
  perImage: ['images', 1],
  perRequest: ['requests', 1],
  input_cost_per_token: ['input', 1],
  output_cost_per_token: ['output', 1],
  cache_read_input_token_cost: ['cacheRead', 1],
  cache_creation_input_token_cost: ['cacheWrite', 1],
  cache_creation_input_token_cost_above_1hr: ['cacheWrite1h', 1],
  output_cost_per_reasoning_token: ['reasoning', 1],
  input_cost_per_audio_token: ['audioInput', 1],
  output_cost_per_audio_token: ['audioOutput', 1],
  input_cost_per_image_token: ['imageInput', 1],
  output_cost_per_image_token: ['imageOutput', 1],
  input_cost_per_second: ['seconds', 1],
  output_cost_per_second: ['seconds', 1],
  input_cost_per_character: ['characters', 1],
  output_cost_per_image: ['images', 1],
  input_cost_per_query: ['requests', 1],
} as const satisfies Record<string, readonly [Bucket, number]>

export type RateName = keyof typeof RATES

/**
 * Whoever states a price for input or output means all of it: cached tokens and images without a rate of their own cost like input,
 * reasoning like output. Sound is left out: nobody sells it at the price of text.
 */
const LIKE: Partial<Record<Bucket, Bucket>> = {
  cacheRead: 'input',
  cacheWrite: 'input',
  cacheWrite1h: 'cacheWrite',
  imageInput: 'input',
  videoInput: 'input',
  reasoning: 'output',
}

/** The first entry that fits; `*` in provider and model stands for any text. */
export const findOverride = (
  overrides: readonly PriceOverride[],
  { provider, models, at }: { provider: string; models: readonly string[]; at: number },
): PriceOverride | null =>
  overrides.find(
    (entry) =>
      (entry.provider === undefined || matches(entry.provider, provider)) &&
      models.some((model) => matches(entry.model, model)) &&
      (entry.from === undefined || at >= entry.from) &&
      (entry.to === undefined || at < entry.to),
  ) ?? null

/** The rates of an entry, or null where it only multiplies the list's. */
export function ratesOf(override: PriceOverride): RateOf | null {
  const rates = new Map<Bucket, Rate>()
  for (const name of Object.keys(RATES) as RateName[]) {
    const dollars = override[name]
    const [bucket, per] = RATES[name]
    if (dollars !== undefined && !rates.has(bucket))
      rates.set(bucket, { dollars, per, factor: override.multiplier ?? 1 })
  }
  if (rates.size === 0) return null
  const find = (bucket: Bucket): Rate | null => {
    const like = LIKE[bucket]
    return rates.get(bucket) ?? (like === undefined ? null : find(like))
  }
  return find
}

/** Without a regular expression: patterns come from users, and `*a*a*a*b` must stay linear. Case does not count. */
export function matches(pattern: string, text: string): boolean {
  const pieces = pattern.toLowerCase().split('*')
  const subject = text.toLowerCase()
  const first = pieces[0]!
  const last = pieces.at(-1)!
  if (pieces.length === 1) return subject === first
  if (!subject.startsWith(first) || !subject.endsWith(last) || subject.length < first.length + last.length) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = subject.indexOf(piece, at)
    if (found < 0 || found + piece.length > subject.length - last.length) return false
    at = found + piece.length
  }
  return true
}
