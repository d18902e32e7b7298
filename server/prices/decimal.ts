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

export interface Costs {
  /** As `costNano` and `unitNano`. */
  of(quantity: number, rate: Rate): { costNano: number; unitNano: number }
}

/** A rate as a fraction of nano-dollars a unit; null where it needs more than 53 bits. */
interface Known {
  rate: Rate
  unitNano: number
  fraction: { above: number; below: number } | null
}

/** More rates than one gateway meets. */
const REMEMBERED = 1000

/** The same few rates hold for millions of calls: what is slow (decimals of a price) is done once a rate, the rest fits into a number. */
export function createCosts(): Costs {
  const known = new Map<number, Known[]>()
  const recall = (rate: Rate): Known => {
    const same = known.get(rate.dollars)
    const found = same?.find((one) => one.rate.per === rate.per && one.rate.factor === rate.factor)
    if (found) return found
    if (known.size >= REMEMBERED) known.clear()
    const made = { rate, unitNano: unitNano(rate), fraction: toFraction(rate) }
    known.set(rate.dollars, [...(same ?? []), made])
    return made
  }
  return {
    of(quantity, rate) {
      const { unitNano: unit, fraction } = recall(rate)
      return { unitNano: unit, costNano: (fraction && times(quantity, fraction)) ?? costNano(quantity, rate) }
    },
  }
}

function toFraction({ dollars, per, factor }: Rate): Known['fraction'] {
  const terms = [dollars, factor].map(toDecimal)
  const below = BigInt(per) * 10n ** BigInt(terms.reduce((sum, { scale }) => sum + scale, 0))
  const above = terms.reduce((product, { digits }) => product * digits, NANO)
  const shared = greatestDivisor(above, below)
  const fraction = { above: Number(above / shared), below: Number(below / shared) }
  return Number.isSafeInteger(fraction.above) && Number.isSafeInteger(2 * fraction.below) ? fraction : null
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

/** Exact, rounded half to even; null where a number is too small for it. */
function times(quantity: number, { above, below }: { above: number; below: number }): number | null {
  const product = quantity * above
  if (!Number.isSafeInteger(quantity) || !Number.isSafeInteger(product)) return null
  const rest = product % below
  const quotient = (product - rest) / below
  return 2 * rest < below || (2 * rest === below && quotient % 2 === 0) ? quotient : quotient + 1
}

function divideHalfEven(above: bigint, below: bigint): bigint {
  const quotient = above / below
  const twice = (above % below) * 2n
  if (twice < below || (twice === below && quotient % 2n === 0n)) return quotient
  return quotient + 1n
}
