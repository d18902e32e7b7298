// What a call costs under every layer and billing mode. Unknown is null, never 0; 0 is 0 only where it is declared.
import { describe, expect, test } from 'vitest'
import { createPricer, type PriceInput, type PricerOptions } from '../../server/prices/pricer.ts'
import { costNano, toDecimal } from '../../server/prices/decimal.ts'
import { matches } from '../../server/prices/override.ts'

const at = Date.UTC(2026, 8, 1, 12)
const input: PriceInput = {
  priceId: 'anthropic',
  provider: 'anthropic',
  model: 'claude-haiku-4-5',
  responseModel: 'claude-haiku-4-5-20251001',
  usage: {
    input: 1000,
    cacheRead: 2000,
    cacheWrite: 400,
    cacheWrite1h: 100,
    output: 50,
    reasoning: 10,
    webSearches: 1,
  },
  at,
  billing: 'metered',
  local: false,
  serviceTier: 'standard',
  reportedCostNano: null,
}
const price = (change: Partial<PriceInput> = {}, options: PricerOptions = {}) =>
  createPricer(options).price({ ...input, ...change })

test('every bucket by its own price, with its provenance', () => {
  expect(price()).toEqual({
    costNano: 12_200_000,
    listNano: 12_200_000,
    billing: 'metered',
    costParts: [
      { bucket: 'input', quantity: 1000, unitNano: 1000, costNano: 1_000_000 },
      { bucket: 'cacheRead', quantity: 2000, unitNano: 100, costNano: 200_000 },
      { bucket: 'cacheWrite', quantity: 400, unitNano: 1250, costNano: 500_000 },
      { bucket: 'cacheWrite1h', quantity: 100, unitNano: 2000, costNano: 200_000 },
      { bucket: 'output', quantity: 50, unitNano: 5000, costNano: 250_000 },
      { bucket: 'reasoning', quantity: 10, unitNano: 5000, costNano: 50_000 },
      { bucket: 'webSearches', quantity: 1, unitNano: 10_000_000, costNano: 10_000_000 },
    ],
    costSource: 'genai-prices 0.1.8',
    pricedAs: 'anthropic/claude-haiku-4-5',
  })
})

describe('unknown is null', () => {
  test('an unknown model, an unknown provider, no model', () => {
    for (const change of [
      { model: 'no-such', responseModel: null },
      { priceId: null },
      { model: null, responseModel: null },
    ]) {
      expect(price(change)).toMatchObject({
        costNano: null,
        listNano: null,
        costParts: null,
        costSource: null,
        pricedAs: null,
      })
    }
  })

  test('no usage', () =>
    expect(price({ usage: null })).toMatchObject({ costNano: null, listNano: null, costParts: null }))

  test('a bucket without a price: partly priced, the total unknown, the known parts shown', () => {
    const partly = price({ usage: { input: 1000, audioInput: 5 } })
    expect(partly).toMatchObject({ costNano: null, listNano: null, pricedAs: 'anthropic/claude-haiku-4-5' })
    expect(partly.costParts).toEqual([
      { bucket: 'input', quantity: 1000, unitNano: 1000, costNano: 1_000_000 },
      { bucket: 'audioInput', quantity: 5, unitNano: null, costNano: null },
    ])
  })

  test('an empty bucket needs no price', () =>
    expect(price({ usage: { input: 1000, audioInput: 0 } }).costNano).toBe(1_000_000))

  test('a tier whose price nobody publishes', () => {
    const priority = {
      priceId: 'openai',
      provider: 'openai',
      model: 'gpt-5.1',
      responseModel: null,
      usage: { input: 1000 },
    }
    expect(price({ ...priority, serviceTier: 'priority' })).toMatchObject({
      costNano: null,
      costSource: expect.stringContaining('priority'),
    })
    expect(price({ ...priority, serviceTier: 'flex' })).toMatchObject({
      costNano: 625_000,
      costSource: 'genai-prices 0.1.8 × 0.5 (flex)',
    })
    expect(price({ ...priority, serviceTier: 'default' }).costNano).toBe(1_250_000)
  })
})

describe('billing', () => {
  test('a subscription bills nothing more, and says what the list would', () => {
    expect(price({ billing: 'subscription' })).toMatchObject({
      costNano: 0,
      listNano: 12_200_000,
      billing: 'subscription',
    })
    expect(price({ billing: 'subscription', model: 'no-such', responseModel: null })).toMatchObject({
      costNano: 0,
      listNano: null,
    })
  })

  test('what runs here is free', () => {
    expect(price({ local: true, billing: 'free', priceId: null })).toMatchObject({
      costNano: 0,
      listNano: 0,
      costSource: 'free: runs locally',
    })
  })

  test('a cost that the provider reports wins over the list', () => {
    expect(price({ reportedCostNano: 77, provider: 'openrouter' })).toMatchObject({
      costNano: 77,
      listNano: 77,
      costSource: 'reported by openrouter',
      costParts: null,
    })
  })
})

describe('overrides', () => {
  const usage = { input: 1000, cacheRead: 100, output: 10 }
  test('own rates, per million or in LiteLLM’s names, beside the list', () => {
    const own = price(
      { usage },
      { overrides: [{ model: 'claude-haiku-*', inputPerMillion: 2, cacheReadPerMillion: 0.5, outputPerMillion: 4 }] },
    )
    expect(own).toMatchObject({
      costNano: 2_090_000,
      listNano: 1_060_000,
      costSource: 'override weir.yaml',
      pricedAs: 'anthropic/claude-haiku-4-5',
    })
    const litellm = {
      model: '*',
      input_cost_per_token: 2e-6,
      cache_read_input_token_cost: 5e-7,
      output_cost_per_token: 0.000004,
    }
    expect(price({ usage }, { overrides: [litellm] }).costNano).toBe(2_090_000)
  })

  test('a price for input holds for cached input too, but not for sound', () => {
    const overrides = [{ model: '*', inputPerMillion: 1, outputPerMillion: 1 }]
    expect(price({ usage: { input: 10, cacheRead: 10, reasoning: 10 } }, { overrides }).costNano).toBe(30_000)
    expect(price({ usage: { input: 10, audioInput: 10 } }, { overrides }).costNano).toBeNull()
  })

  test('a multiplier on the list price', () => {
    const discounted = price({ usage }, { overrides: [{ model: '*', provider: 'anthropic', multiplier: 0.85 }] })
    expect(discounted).toMatchObject({ costNano: 901_000, listNano: 1_060_000 })
    expect(discounted.costSource).toBe('override weir.yaml: 0.85 × genai-prices 0.1.8')
  })

  test('the first that fits, by provider and date', () => {
    const overrides = [
      { model: '*', provider: 'openai', inputPerMillion: 9 },
      { model: '*', from: at + 1, inputPerMillion: 8 },
      { model: '*', to: at, inputPerMillion: 7 },
      { model: '*', from: at, to: at + 1, inputPerMillion: 3 },
    ]
    expect(price({ usage: { input: 1000 } }, { overrides }).costNano).toBe(3_000_000)
  })

  test('wins over what the provider reports', () => {
    expect(
      price({ usage: { input: 1000 }, reportedCostNano: 5 }, { overrides: [{ model: '*', inputPerMillion: 1 }] })
        .costNano,
    ).toBe(1_000_000)
  })
})

test('an alias says which model’s price counts, for models that nobody knows', () => {
  const deployment = {
    model: 'my-deployment-eu',
    responseModel: null,
    provider: 'azure',
    priceId: 'azure',
    usage: { input: 1000 },
  }
  expect(price(deployment).costNano).toBeNull()
  expect(price(deployment, { aliases: { 'my-deployment-*': 'openai/gpt-5.1' } })).toMatchObject({
    costNano: 1_250_000,
    pricedAs: 'openai/gpt-5.1',
  })
})

test('prices have dates and times of day', () => {
  const haiku = {
    usage: { input: 1000 },
    model: 'gpt-5.6-luna',
    responseModel: null,
    priceId: 'openai',
    provider: 'openai',
  }
  expect(price({ ...haiku, at: Date.UTC(2026, 6, 29) }).costNano).toBe(1_000_000)
  expect(price({ ...haiku, at: Date.UTC(2026, 6, 30) })).toMatchObject({
    costNano: 200_000,
    costSource: 'genai-prices 0.1.8 (price since 2026-07-30)',
  })
})

test('long context: the whole input counts, and then every token costs more', () => {
  const long = { model: 'gpt-5.4', responseModel: null, priceId: 'openai', provider: 'openai' }
  expect(
    price({ ...long, usage: { input: 1, cacheRead: 271_998, output: 1 } }).costParts!.map(({ unitNano }) => unitNano),
  ).toEqual([2500, 250, 15_000])
  expect(
    price({ ...long, usage: { input: 2, cacheRead: 271_998, output: 1 } }).costParts!.map(({ unitNano }) => unitNano),
  ).toEqual([5000, 500, 22_500])
})

test.each([
  [0.5, 1, 1, 500_000_000],
  // Half to even, exactly at the half: 2.5 nano and 3.5 nano.
  [1, 2.5e-9, 1, 2],
  [1, 3.5e-9, 1, 4],
  [3, 0.1, 1_000_000, 300],
  [1_000_000_007, 1.1, 1_000_000, 1_100_000_007_700],
  [0.1, 0.2, 1, 20_000_000],
])('%s units at $%s for %s cost %s nano-dollars', (quantity, dollars, per, nano) => {
  expect(costNano(quantity, { dollars, per, factor: 1 })).toBe(nano)
})

test('decimals are what was written', () => {
  expect(toDecimal(1.5e-7)).toEqual({ digits: 15n, scale: 8 })
  expect(toDecimal(1e21)).toEqual({ digits: 10n ** 21n, scale: 0 })
  expect(toDecimal(0.1 + 0.2)).toEqual({ digits: 30000000000000004n, scale: 17 })
})

test.each([
  ['gpt-*', 'gpt-5', true],
  ['GPT-5', 'gpt-5', true],
  ['*', '', true],
  ['a*b', 'ab', true],
  ['a*b*a', 'aba', true],
  ['ab*ba', 'aba', false],
  ['*claude*', 'us.anthropic.claude-x', true],
  ['gpt-5', 'gpt-5.1', false],
])('%s matches %s: %s', (pattern, text, expected) => expect(matches(pattern, text)).toBe(expected))

test('a generated answer whose usage names one side only has no total; what is known of it stays', () => {
  for (const usage of [{ output: 50 }, { input: 1000 }]) {
    const known = price({ usage, generates: true })
    expect(known).toMatchObject({ costNano: null, listNano: null })
    expect(known.costParts?.map(({ bucket }) => bucket)).toEqual(Object.keys(usage))
  }
  expect(price({ usage: { cacheRead: 1000, output: 50 }, generates: true }).costNano).toBe(350_000)
  // An embedding has no output, and its price is whole.
  expect(price({ usage: { input: 1000 } }).costNano).toBe(1_000_000)
})
