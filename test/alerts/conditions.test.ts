// What is worth a message, and what is not: a minute's limit is no budget, and an unknown price no zero.
import { expect, test } from 'vitest'
import { ofBudgets, ofFinding, ofRoutes, ofSilence, ofUnpriced } from '../../server/alerts/conditions.ts'
import type { BudgetItem } from '../../server/policy/limits/budgets.ts'
import type { TargetItem } from '../../server/policy/route-list.ts'
import { toFinding } from './house.ts'

const budget = (
  used: number,
  given: Partial<BudgetItem> = {},
  limit: Partial<BudgetItem['limit']> = {},
): BudgetItem => ({
  limit: {
    on: 'team',
    name: null,
    per: 'month',
    ms: null,
    zone: 'UTC',
    unit: 'cost',
    max: 100,
    action: 'block',
    source: 'config',
    ...limit,
  },
  scope: 'search',
  used,
  reserved: 0,
  left: 100 - used,
  resetAt: Date.UTC(2026, 3, 1),
  forecastAt: null,
  state: 'ok',
  ...given,
})
const levels = (item: BudgetItem) => ofBudgets([item]).map(({ state }) => state)

test('budgets: at 50, 80, 95 and 100 %, what is reserved included, and by forecast', () => {
  expect([0, 49.9, 50, 80, 95, 100, 120].map((used) => levels(budget(used))[0])).toEqual([
    'ok',
    'ok',
    '50',
    '80',
    '95',
    '100',
    '100',
  ])
  expect(levels(budget(40, { reserved: 15 }))[0]).toBe('50')
  expect(levels(budget(30, { forecastAt: Date.UTC(2026, 2, 20) }))).toEqual(['ok', 'spent before its end'])
  const [level] = ofBudgets([budget(80)])
  expect(level).toMatchObject({
    title: 'Budget of team search: 80 % used',
    text: '$80.00 of $100.00 are used. It starts again at 2026-04-01T00:00:00.000Z.',
    facts: { used: '$80.00', limit: '$100.00', left: '$20.00' },
  })
})

test('budgets: limits of minutes and of calls at once are none', () => {
  expect(ofBudgets([budget(100, {}, { per: 'minute' }), budget(100, {}, { per: null })])).toEqual([])
  expect(ofBudgets([budget(100, {}, { per: 'rolling', ms: 3_600_000 })])).toEqual([])
  expect(ofBudgets([budget(100, {}, { per: 'rolling', ms: 86_400_000 })])).toHaveLength(2)
})

test('providers: down while the breaker keeps calls away, once a target', () => {
  const target = (state: TargetItem['state']): TargetItem => ({
    target: 'groq',
    weight: null,
    state,
    until: null,
    why: 'status 503',
    inFlight: 0,
    calls1h: 0,
    errorShare1h: null,
    p50Ms1h: null,
    ttftMs: null,
  })
  const route = (state: TargetItem['state']) => ({
    name: 'r',
    strategy: 'first' as const,
    on: [],
    retries: 0,
    sticky: true,
    targets: [target(state)],
  })
  expect(ofRoutes([route('open'), route('open')])).toMatchObject([
    { key: 'target groq', state: 'down', text: expect.stringContaining('status 503') },
  ])
  expect(ofRoutes([route('cooling')])).toMatchObject([{ state: 'ok' }])
})

test('unpriced, silence and loops', () => {
  expect(
    ofUnpriced([
      { model: 'm', calls: 3 },
      { model: 'n', calls: 0 },
    ]).map(({ state }) => state),
  ).toEqual(['unpriced', 'ok'])
  expect(ofSilence(0, 1_800_000, 1_800_000)).toMatchObject({ state: 'silent', facts: { minutes: 30 } })
  expect(ofSilence(0, 1_799_999, 1_800_000).state).toBe('ok')
  expect(ofFinding(toFinding({ verdict: 'watch' }))).toBeNull()
  expect(ofFinding(toFinding({ spentNano: null }))!.text).toContain('an unknown amount was spent')
  expect(ofFinding(toFinding({ action: 'block' }))!.text).toContain('Its next calls are refused.')
})
