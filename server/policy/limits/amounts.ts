/** How much of a limit a call takes: by its estimate before it goes on, and by its row once it is stored. */
import type { Ask, Charge } from './ledger.ts'
import type { TokenPrice } from './price-book.ts'
import type { Rule } from './rule.ts'

const NANO = 1e9

/** null: it cannot be priced, and may not pass for that. `price` undefined: it could not be asked for just now. */
export function amountOf({ unit, limit }: Rule, ask: Ask, price: TokenPrice | null | undefined): number | null {
  if (unit === 'requests' || unit === 'concurrency') return 1
  const output = ask.maxOutput ?? limit.reserveOutput
  if (unit === 'tokens') return ask.inputTokens + output
  if (price) return Math.round(ask.inputTokens * price.input + output * price.output)
  if (price === undefined || limit.unpriced === 'allow') return 0
  if (limit.unpriced === 'count_as') return Math.round((limit.countAs ?? 0) * NANO)
  return limit.action === 'block' ? null : 0
}

/** Where the truth never comes, the estimate stands. */
export function chargeOf({ unit, limit }: Rule, charge: NonNullable<Charge>, estimate: number): number {
  if (unit === 'requests') return 1
  if (unit === 'tokens') return charge.tokens ?? estimate
  if (charge.costNano !== null) return charge.costNano
  if (!charge.unpriced) return 0
  return limit.unpriced === 'count_as' ? Math.round((limit.countAs ?? 0) * NANO) : estimate
}
