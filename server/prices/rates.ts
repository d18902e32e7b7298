/** From the library's price keys to our buckets: which price a bucket has, and where it has none. */
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '../usage-buckets.ts'
import type { ModelPrice } from '@pydantic/genai-prices'
import type { Bucket, Usage } from '../call.ts'
import type { Rate } from './decimal.ts'

/** A bucket's price, or null: its tokens cannot be priced. */
export type RateOf = (bucket: Bucket) => Rate | null

/** Library keys by bucket, the first that is there; the unit is in the key's end. */
const KEYS: Partial<Record<Bucket, readonly string[]>> = {
  input: ['input_mtok'],
  cacheRead: ['cache_read_mtok'],
  cacheWrite: ['cache_write_mtok'],
  cacheWrite1h: ['cache_write_1h_mtok'],
  output: ['output_mtok'],
  // Reasoning is billed as output unless the list has a price for it.
  reasoning: ['output_reasoning_mtok', 'output_mtok'],
  // Sound has a price of its own everywhere, many times that of text: without one it is unpriced.
  audioInput: ['input_audio_mtok'],
  audioCacheRead: ['cache_audio_read_mtok'],
  audioOutput: ['output_audio_mtok'],
  // Lists state one input price for text, image and video, and an extra one where it differs.
  imageInput: ['input_image_mtok', 'input_mtok'],
  videoInput: ['input_video_mtok', 'input_mtok'],
  imageOutput: ['output_image_mtok'],
  webSearches: ['web_searches_kcount'],
  seconds: ['audio_hours', 'input_audio_hours'],
  characters: ['input_mchars'],
  requests: ['requests_kcount'],
}

const PER: readonly [string, number][] = [
  ['_mtok', 1_000_000],
  ['_kcount', 1000],
  ['_hours', 3600],
  ['_mchars', 1_000_000],
]

/** What a tier multiplies; searches and requests cost the same in every tier. */
const TOKENS: ReadonlySet<Bucket> = new Set<Bucket>([...INPUT_BUCKETS, ...OUTPUT_BUCKETS])

/** `tier`: the service tier's factor on tokens; null: tokens of this tier have no known price. */
export function createRates(prices: ModelPrice, usage: Usage, tier: number | null): RateOf {
  const size = inputTokens(usage)
  return (bucket) => {
    const key = keyFor(prices, bucket)
    const per = PER.find(([end]) => key?.endsWith(end))?.[1]
    if (key === null || per === undefined) return null
    const dollars = atSize(prices[key]!, size)
    if (!TOKENS.has(bucket)) return { dollars, per, factor: 1 }
    return tier === null ? null : { dollars, per, factor: tier }
  }
}

function keyFor(prices: ModelPrice, bucket: Bucket): string | null {
  const key = KEYS[bucket]?.find((name) => prices[name] !== undefined)
  if (key !== undefined) return key
  // Models that only make images (gpt-image-1) have one output price, and it is the image's.
  const makesImages =
    bucket === 'imageOutput' && prices.cache_image_read_mtok !== undefined && !prices.output_audio_mtok
  return makesImages && prices.output_mtok !== undefined ? 'output_mtok' : null
}

/** Long-context prices count the whole input, cached or not, and then hold for every token of the call. */
function atSize(price: NonNullable<ModelPrice[string]>, size: number): number {
  if (typeof price === 'number') return price
  let dollars = price.base
  for (const tier of price.tiers.toSorted((a, b) => a.start - b.start)) if (size > tier.start) dollars = tier.price
  return dollars
}

const inputTokens = (usage: Usage): number => INPUT_BUCKETS.reduce((sum, bucket) => sum + (usage[bucket] ?? 0), 0)
