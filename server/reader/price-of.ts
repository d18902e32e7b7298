/** What a token of a model costs, asked before a call of it goes on. The price library is large: the main thread does not load it. */
import type { PriceOverride } from '../prices/override.ts'
import { createPricer } from '../prices/pricer.ts'

export interface PriceQuestion {
  provider: string
  priceId: string | null
  model: string
  overrides: readonly PriceOverride[]
  aliases: Readonly<Record<string, string>>
  now?: number
}

/** Nano-dollars a token, without discounts for what is cached. */
export interface TokenPrice {
  input: number
  output: number
}

/** Enough for fractions of a nano-dollar, too little for the higher price of a long context. */
const TOKENS = 1000

/** null: nobody can price this model. What is sold by something else than tokens costs nothing here, and its true price when it is known. */
export const priceOf = (_db: unknown, { now = Date.now(), ...asked }: PriceQuestion): TokenPrice | null => {
  const pricer = createPricer({ overrides: asked.overrides, aliases: asked.aliases })
  const nano = (bucket: 'input' | 'output'): number | null =>
    pricer.price({
      priceId: asked.priceId,
      provider: asked.provider,
      model: asked.model,
      responseModel: null,
      usage: { [bucket]: TOKENS },
      at: now,
      billing: 'metered',
      local: false,
      serviceTier: null,
      reportedCostNano: null,
    }).costNano
  const [input, output] = [nano('input'), nano('output')]
  if (input === null && output === null) return null
  return { input: (input ?? 0) / TOKENS, output: (output ?? 0) / TOKENS }
}
