/**
 * What a call costs, and how we know. Layers, first match wins: the user's override, what the provider reported, the price library,
 * else unpriced: null, never 0. `costNano` is what will be billed under the credential's billing mode, `listNano` the same usage at
 * list price. https://github.com/pydantic/genai-prices
 */
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '../usage-buckets.ts'
import type { Billing, Bucket, Call, CostPart, Usage } from '../call.ts'
import { createCatalog, PRICES_VERSION, pricesAt, type Catalog, type PricedModel } from './catalog.ts'
import { createCosts, type Costs } from './decimal.ts'
import { findOverride, matches, ratesOf, type PriceOverride } from './override.ts'
import { createRates, type RateOf } from './rates.ts'
import { tierFactor } from './tier.ts'

export interface PriceInput {
  /** The provider's name in the price library (`Provider.priceId`), or null. */
  priceId: string | null
  /** The provider's name in Weir. */
  provider: string
  /** The model that was asked for. */
  model: string | null
  /** The model that answered, where the answer says so. */
  responseModel: string | null
  usage: Usage | null
  /** Epoch ms of the call: prices have dates and times of day. */
  at: number
  billing: Billing
  /** Runs on the user's own machines: free, not unpriced. */
  local: boolean
  serviceTier: string | null
  reportedCostNano: number | null
  /** The answer was generated from a prompt, so both sides cost; one that the usage does not name is unknown, not free. */
  generates?: boolean
}

export type Priced = Pick<Call, 'costNano' | 'listNano' | 'billing' | 'costParts' | 'costSource' | 'pricedAs'>

export interface PricerOptions {
  overrides?: readonly PriceOverride[]
  /** Model (with `*`) → the model whose price counts, as `model` or `provider/model` in the library's names. */
  aliases?: Readonly<Record<string, string>>
  catalog?: Catalog
}

export interface Pricer {
  /** Pure: the same input gives the same answer, whenever it is asked. */
  price(input: PriceInput): Priced
}

/** A price list applied to a usage. `total` is null where a bucket with a quantity has no price. */
interface Bill {
  total: number | null
  parts: CostPart[]
  source: string
  pricedAs: string | null
}

export function createPricer({ overrides = [], aliases = {}, catalog = createCatalog() }: PricerOptions = {}): Pricer {
  const costs = createCosts()
  const list = (input: PriceInput, usage: Usage, factor = 1): Bill | null => {
    const found = findModel(catalog, aliases, input)
    if (!found) return null
    const { prices, since } = pricesAt(found.model, input.at)
    const tier = tierFactor(found.providerId, input.serviceTier)
    const counted = prices.requests_kcount === undefined ? usage : { requests: 1, ...usage }
    const rates = createRates(prices, usage, tier)
    const source = [
      `genai-prices ${PRICES_VERSION}`,
      since === null ? '' : ` (price since ${since})`,
      tier === 1
        ? ''
        : tier === null
          ? `, no known price for tier ${input.serviceTier}`
          : ` × ${tier} (${input.serviceTier})`,
    ].join('')
    return { ...bill(costs, counted, scaled(rates, factor)), source, pricedAs: `${found.providerId}/${found.model.id}` }
  }

  const overridden = (input: PriceInput, usage: Usage): Bill | null => {
    const models = [input.responseModel, input.model].filter((model) => model !== null)
    const entry = findOverride(overrides, { provider: input.provider, models, at: input.at })
    if (!entry) return null
    const rates = ratesOf(entry)
    const pricedAs = `${input.provider}/${input.model ?? input.responseModel}`
    if (rates) return { ...bill(costs, usage, rates), source: 'override weir.yaml', pricedAs }
    const multiplied = list(input, usage, entry.multiplier ?? 1)
    return multiplied && { ...multiplied, source: `override weir.yaml: ${entry.multiplier} × ${multiplied.source}` }
  }

  return {
    price(input) {
      const { usage, billing, local } = input
      if (local)
        return { costNano: 0, listNano: 0, billing, costParts: null, costSource: 'free: runs locally', pricedAs: null }
      const own = usage && known(input, overridden(input, usage))
      const listed = usage && known(input, list(input, usage))
      const charged = own ?? reported(input) ?? listed
      const atList = reported(input) && !own ? charged : listed
      return {
        costNano: isPaidAlready(billing) ? 0 : (charged?.total ?? null),
        listNano: atList?.total ?? null,
        billing,
        costParts: charged && charged.parts.length > 0 ? charged.parts : null,
        costSource: charged?.source ?? (isPaidAlready(billing) ? billing : null),
        pricedAs: charged?.pricedAs ?? null,
      }
    },
  }
}

/** Under these a further call costs nothing more; the list price says what it would have been. */
const isPaidAlready = (billing: Billing): boolean => billing !== 'metered'

const reported = ({ reportedCostNano, provider, model }: PriceInput): Bill | null =>
  reportedCostNano === null
    ? null
    : {
        total: reportedCostNano,
        parts: [],
        source: `reported by ${provider}`,
        pricedAs: model && `${provider}/${model}`,
      }

/** Where one side of the exchange is unknown, so is the sum; what is known of it stays. */
function known({ generates, usage }: PriceInput, bill: Bill | null): Bill | null {
  const has = (side: readonly Bucket[]) => side.some((bucket) => usage?.[bucket] !== undefined)
  return bill === null || !generates || (has(INPUT_BUCKETS) && has(OUTPUT_BUCKETS)) ? bill : { ...bill, total: null }
}

/** Every bucket by itself, rounded once; the total is their sum. */
function bill(costs: Costs, usage: Usage, rateOf: RateOf): Pick<Bill, 'total' | 'parts'> {
  let total: number | null = 0
  const parts: CostPart[] = []
  for (const [bucket, quantity] of Object.entries(usage) as [Bucket, number | undefined][]) {
    if (quantity === undefined || quantity === 0) continue
    const rate = rateOf(bucket)
    const cost = rate && costs.of(quantity, rate)
    parts.push({ bucket, quantity, unitNano: cost && cost.unitNano, costNano: cost && cost.costNano })
    total = total === null || cost === null ? null : total + cost.costNano
  }
  return { total, parts }
}

const scaled =
  (rateOf: RateOf, factor: number): RateOf =>
  (bucket) => {
    const rate = rateOf(bucket)
    if (rate === null || factor === 1) return rate
    return { ...rate, factor: Number((rate.factor * factor).toPrecision(15)) }
  }

/** An alias first, then the model that answered, then the one that was asked for. */
function findModel(catalog: Catalog, aliases: Readonly<Record<string, string>>, input: PriceInput): PricedModel | null {
  const { priceId, provider, model, responseModel } = input
  const names = [model, responseModel].filter((name) => name !== null)
  for (const [pattern, meant] of Object.entries(aliases)) {
    if (names.some((name) => matches(pattern, name) || matches(pattern, `${provider}/${name}`))) {
      return findMeant(catalog, priceId, meant)
    }
  }
  if (priceId === null) return null
  return (responseModel && catalog.find(priceId, responseModel)) || (model && catalog.find(priceId, model)) || null
}

/** `provider/model`, or a model of this provider (whose own name may have a slash). */
function findMeant(catalog: Catalog, priceId: string | null, meant: string): PricedModel | null {
  const slash = meant.indexOf('/')
  const own = priceId === null ? null : catalog.find(priceId, meant)
  return own ?? (slash > 0 ? catalog.find(meant.slice(0, slash), meant.slice(slash + 1)) : null)
}
