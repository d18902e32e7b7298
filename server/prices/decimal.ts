/**
 * Exact money. Prices are decimals that people wrote ($0.15 per million), quantities are counts or decimals (seconds), so a cost
 * is an exact fraction until it is rounded once, half to even, to whole nano-dollars.
 */

/** digits × 10^-scale */
export interface Decimal {
  digits: bigint
  scale: number
}

/** The shortest decimal that reads back as this number, which is what somebody wrote. Numbers are finite and not negative. */
export function toDecimal(value: number): Decimal {
  if (Number.isSafeInteger(value)) return { digits: BigInt(value), scale: 0 }
  const [mantissa, exponent] = String(value).split('e') as [string, string?]
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?]
  const scale = fraction.length - Number(exponent ?? 0)
  const digits = BigInt(whole + fraction)
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
}

/** What one unit costs: `dollars` for `per` units, times `factor` (a discount or a service tier). */
export interface Rate {
  dollars: number
  per: number
  factor: number
}

const NANO = 1_000_000_000n

/** Nano-dollars for `quantity` units, exact, rounded half to even. */
export function costNano(quantity: number, { dollars, per, factor }: Rate): number {
  const terms = [quantity, dollars, factor].map(toDecimal)
  const below = BigInt(per) * 10n ** BigInt(terms.reduce((sum, { scale }) => sum + scale, 0))
  const above = terms.reduce((product, { digits }) => product * digits, NANO)
  return Number(divideHalfEven(above, below))
}

/** Nano-dollars of one unit, for people to read; it may have a fraction. */
export const unitNano = ({ dollars, per, factor }: Rate): number =>
  Number(((dollars * factor * 1e9) / per).toPrecision(12))

function divideHalfEven(above: bigint, below: bigint): bigint {
  const quotient = above / below
  const twice = (above % below) * 2n
  if (twice < below || (twice === below && quotient % 2n === 0n)) return quotient
  return quotient + 1n
}
