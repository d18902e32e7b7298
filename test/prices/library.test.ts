// Our arithmetic against the library's own, over its whole list: every model, at random moments, with random usage of every bucket
// that the model has a price for. Floats differ by less than a nano-dollar a bucket; anything more is a wrong price.
import { readFileSync } from 'node:fs'
import { calcPrice, waitForUpdate, type ModelInfo, type Provider } from '@pydantic/genai-prices'
import { beforeAll, expect, test } from 'vitest'
import type { Bucket, Usage } from '../../server/call.ts'
import { knownModels, PRICES_VERSION, pricesAt } from '../../server/prices/catalog.ts'
import { createPricer, type PriceInput } from '../../server/prices/pricer.ts'
import { seeded, upTo } from '../support/random.ts'

let providers: Provider[]
beforeAll(async () => {
  providers = (await waitForUpdate())!
})

const pricer = createPricer()
const metered = (priceId: string, model: string, usage: Usage, at: number): PriceInput => ({
  priceId,
  provider: priceId,
  model,
  responseModel: null,
  usage,
  at,
  billing: 'metered',
  local: false,
  serviceTier: null,
  reportedCostNano: null,
})

/** Buckets by the key that prices them in the library; the others have a fallback of ours, or none. */
const PRICED: readonly [string, Bucket][] = [
  ['input_mtok', 'input'],
  ['cache_read_mtok', 'cacheRead'],
  ['cache_write_mtok', 'cacheWrite'],
  ['cache_write_1h_mtok', 'cacheWrite1h'],
  ['output_mtok', 'output'],
  ['output_mtok', 'reasoning'],
  ['input_audio_mtok', 'audioInput'],
  ['cache_audio_read_mtok', 'audioCacheRead'],
  ['output_audio_mtok', 'audioOutput'],
  ['input_image_mtok', 'imageInput'],
  ['output_image_mtok', 'imageOutput'],
  ['input_video_mtok', 'videoInput'],
  ['web_searches_kcount', 'webSearches'],
]

function randomUsage(prices: Record<string, unknown>, random: () => number): Usage {
  const usage: Usage = {}
  for (const [key, bucket] of PRICED) {
    if (prices[key] !== undefined && random() < 0.8)
      usage[bucket] = upTo(random, bucket === 'webSearches' ? 5 : 10 ** upTo(random, 7))
  }
  return usage
}

/** The library wants totals that include their parts. */
function inclusive(usage: Usage): Record<string, number> {
  const of = (...buckets: Bucket[]) => buckets.reduce((sum, bucket) => sum + (usage[bucket] ?? 0), 0)
  return {
    input_tokens: of(
      'input',
      'cacheRead',
      'cacheWrite',
      'cacheWrite1h',
      'audioInput',
      'audioCacheRead',
      'imageInput',
      'videoInput',
    ),
    output_tokens: of('output', 'reasoning', 'audioOutput', 'imageOutput'),
    cache_read_tokens: of('cacheRead', 'audioCacheRead'),
    cache_write_tokens: of('cacheWrite', 'cacheWrite1h'),
    cache_write_1h_tokens: of('cacheWrite1h'),
    input_audio_tokens: of('audioInput', 'audioCacheRead'),
    cache_audio_read_tokens: of('audioCacheRead'),
    output_audio_tokens: of('audioOutput'),
    output_reasoning_tokens: of('reasoning'),
    input_image_tokens: of('imageInput'),
    output_image_tokens: of('imageOutput'),
    input_video_tokens: of('videoInput'),
    web_searches: of('webSearches'),
    cache_image_read_tokens: 0,
  }
}

/** A name that the library takes for this model: some ids are shadowed by a broader pattern before them. */
const isItself = (provider: Provider, model: ModelInfo): boolean =>
  calcPrice({}, model.id, { providerId: provider.id })?.model.id === model.id

test('every model of the list costs what the library says', () => {
  const random = seeded(3)
  let compared = 0
  let worst = 0
  for (const provider of providers) {
    for (const model of provider.models.filter((candidate) => isItself(provider, candidate))) {
      for (let round = 0; round < 3; round++) {
        const at = Date.UTC(2024, 0, 1) + Math.floor(random() * 3 * 365 * 86_400_000)
        const { prices } = pricesAt(model, at)
        const usage = randomUsage(prices, random)
        const theirs = calcPrice(inclusive(usage), model.id, { providerId: provider.id, timestamp: new Date(at) })!
        const ours = pricer.price(metered(provider.id, model.id, usage, at))
        const name = `${provider.id}/${model.id} at ${new Date(at).toISOString()} for ${JSON.stringify(usage)}`
        expect(ours.pricedAs, name).toBe(`${provider.id}/${model.id}`)
        const off = Math.abs(ours.costNano! - theirs.total_price * 1e9)
        const allowed = Math.max(1, ours.costParts?.length ?? 0) + Math.abs(theirs.total_price) * 1e9 * 1e-12
        expect(off, name).toBeLessThanOrEqual(allowed)
        worst = Math.max(worst, off)
        compared++
      }
    }
  }
  console.info(`${compared} prices compared, worst difference ${worst.toFixed(3)} nano-dollars in a call`)
  expect(compared).toBeGreaterThan(4000)
})

test('costs are never negative, parts add up, and a cached token costs no more than an uncached one unless the list says so', () => {
  const dearer: string[] = []
  const at = Date.UTC(2026, 10, 1)
  for (const provider of providers) {
    for (const model of provider.models.filter((candidate) => isItself(provider, candidate))) {
      const prices = pricesAt(model, at).prices
      const usage = randomUsage(prices, seeded(model.id.length))
      const { costNano, costParts } = pricer.price(metered(provider.id, model.id, usage, at))
      expect(costNano).toBeGreaterThanOrEqual(0)
      expect((costParts ?? []).reduce((sum, part) => sum + part.costNano!, 0)).toBe(costNano)
      const cost = (bucket: Bucket) => pricer.price(metered(provider.id, model.id, { [bucket]: 1000 }, at)).costNano
      const [plain, cached] = [cost('input'), cost('cacheRead')]
      if (plain !== null && cached !== null && cached > plain)
        dearer.push(`${provider.id}/${model.id} ${cached} > ${plain}`)
    }
  }
  console.info(
    dearer.length === 0
      ? 'no cached token is dearer than an uncached one'
      : `the list itself has cached dearer: ${dearer.join(', ')}`,
  )
  // What the list says is not ours to mend, but more than a handful would be a mistake of ours.
  expect(dearer.length).toBeLessThan(10)
})

test('the same usage at the same moment costs the same', () => {
  const input = metered(
    'anthropic',
    'claude-sonnet-4-5',
    { input: 199_990, cacheRead: 11, output: 3 },
    Date.UTC(2026, 1, 1),
  )
  expect(pricer.price(input)).toEqual(createPricer().price(input))
})

test('the version that rows name is the one that is installed', () => {
  const path = new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url)
  expect((JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version).toBe(PRICES_VERSION)
})

test('known models of a provider, for GET /v1/models', () => {
  expect(knownModels('openai')).toContain('gpt-5.1')
  expect(knownModels('anthropic').some((id) => id.startsWith('claude-'))).toBe(true)
  expect(knownModels('no-such-provider')).toEqual([])
})
