// Costs are worked out in numbers where they fit, in bigints elsewhere: both must say the same to the last nano-dollar.
import { expect, test } from 'vitest'
import { costNano, createCosts, unitNano } from '../../server/prices/decimal.ts'
import { seeded, upTo } from '../support/random.ts'

const DOLLARS = [0, 0.15, 0.6, 2.5, 10, 0.075, 1.1, 3.75, 0.0375, 1e-7, 1.5e-9, 0.006, 75, 1234.5678, 0.1234567891234]
const PER = [1, 1000, 3600, 1_000_000]
const FACTORS = [1, 0.5, 1.25, 0.333, 0.1]

test('any quantity at any rate costs what exact fractions say', () => {
  const costs = createCosts()
  const random = seeded(11)
  for (let i = 0; i < 20_000; i++) {
    const rate = {
      dollars:
        random() < 0.7 ? DOLLARS[upTo(random, DOLLARS.length)]! : Number((random() * 100).toFixed(upTo(random, 8))),
      per: PER[upTo(random, PER.length)]!,
      factor: FACTORS[upTo(random, FACTORS.length)]!,
    }
    const quantity = random() < 0.8 ? upTo(random, 10 ** (1 + upTo(random, 9))) : random() * 1000
    expect(costs.of(quantity, rate), JSON.stringify({ quantity, rate })).toEqual({
      costNano: costNano(quantity, rate),
      unitNano: unitNano(rate),
    })
  }
})

test('halves go to the even neighbour', () => {
  const costs = createCosts()
  const half = { dollars: 0.0005, per: 1_000_000, factor: 1 }
  expect([1, 2, 3, 5, 7].map((n) => costs.of(n, half).costNano)).toEqual([0, 1, 2, 2, 4])
})
