/**
 * What a token of each model costs, as far as the main thread needs it for estimates: asked of a reader thread once for each model,
 * and learnt from calls whose provider said itself what they cost. Every estimate is replaced by the true cost, so this need not
 * be exact; it must only not be nothing.
 */
export interface TokenPrice {
  /** Nano-dollars. */
  input: number
  output: number
}

export interface Model {
  provider: string
  /** The provider's name in the price library. */
  priceId: string | null
  model: string
  /** Costs nothing more, by declaration: models of one's own, subscriptions. */
  free: boolean
}

export interface PriceBook {
  /** null: nobody can price it; undefined: not known yet, see `load`. */
  of(model: Model): TokenPrice | null | undefined
  /** Settles when `of` knows, or when it was not to be found out just now. Never rejects. */
  load(model: Model): Promise<void>
  /** The dearest of them, as `of` says it: what one of them is not known to cost, all are not. */
  dearest(models: readonly Model[]): TokenPrice | null | undefined
  /** A stored call: for models that only their provider can price. */
  learn(model: Pick<Model, 'provider' | 'model'>, costNano: number, tokens: number): void
  /** The configuration, and with it the prices, may have changed. */
  forget(): void
}

const FREE: TokenPrice = { input: 0, output: 0 }
/** Clients name models as they like. */
const MOST = 2000

export function createPriceBook(ask: (model: Model) => Promise<TokenPrice | null>): PriceBook {
  const prices = new Map<string, TokenPrice | null>()
  const asking = new Map<string, Promise<void>>()
  let edition = 0

  const keep = (name: string, price: TokenPrice | null) => {
    if (prices.size >= MOST) prices.clear()
    prices.set(name, price)
  }
  const of = (model: Model) => (model.free ? FREE : prices.get(nameOf(model)))
  const load = async (model: Model, name: string, asked: number) => {
    try {
      const price = await ask(model)
      if (asked === edition) keep(name, price)
    } catch {
      // Asked again by the next call; this one is counted when it is settled.
    } finally {
      asking.delete(name)
    }
  }
  return {
    of,
    dearest(models) {
      if (models.length === 1) return of(models[0]!)
      let price: TokenPrice | null = models.length === 0 ? null : FREE
      for (const model of models) {
        const each = of(model)
        if (each === undefined) return undefined
        price = price &&
          each && { input: Math.max(price.input, each.input), output: Math.max(price.output, each.output) }
      }
      return price
    },
    load(model) {
      const name = nameOf(model)
      let going = asking.get(name)
      if (!going) asking.set(name, (going = load(model, name, edition)))
      return going
    },
    learn(model, costNano, tokens) {
      const name = nameOf(model)
      if (tokens <= 0 || prices.get(name) !== null) return
      const each = costNano / tokens
      keep(name, { input: each, output: each })
    },
    forget() {
      edition++
      prices.clear()
      asking.clear()
    },
  }
}

const nameOf = ({ provider, model }: Pick<Model, 'provider' | 'model'>) => `${provider}/${model}`
