// How limits, budgets and keys are told: whole words, no invented figures, and a filter that finds the calls behind a budget.
import { expect, test } from 'vitest'
import { parseFilter } from '../../db/filter.ts'
import type { BudgetItem } from '../../web/lib/control.ts'
import {
  toAmount,
  toBudgetQuery,
  toBudgetScope,
  toBudgetStory,
  toElapsed,
  toKeyLimitText,
  toLimitText,
} from '../../web/lib/limits.ts'
import { checkForm, emptyForm, fromErrors, toForm, toInputOf, toRow } from '../../web/parts/keys/form.ts'
import { budgetsOf, sorted, toRights } from '../../web/parts/keys/keys.ts'
import { toFallbackText, toHealth } from '../../web/parts/routes/words.ts'
import { makeBudgets, makeKeys, makeRoutes } from './control.ts'

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0)
const HOUR = 3_600_000
const budgets = makeBudgets(NOW)
const keys = makeKeys(NOW)
const keyOf = (name: string) => keys.find((key) => key.name === name)!

test('amounts and limits in words', () => {
  expect([toAmount('cost', 50), toAmount('cost', 9.9), toAmount('cost', 0.0002), toAmount('tokens', 20e6)]).toEqual([
    '$50',
    '$9.90',
    '$0.0002',
    '20 M',
  ])
  expect(toLimitText('cost', 50, 'month')).toBe('$50 a month')
  expect(toLimitText('requests', 1000, 'minute')).toBe('1,000 requests a minute')
  expect(toLimitText('tokens', 2e6, 'rolling', 24 * HOUR)).toBe('2 M tokens in any 24 h')
  expect(toLimitText('concurrency', 8, null)).toBe('8 at once')
  expect(keyOf('ci-evals').limits.map(toKeyLimitText)).toEqual(['$150 a month', '20 M tokens in any 24h'])
})

test('what one must know of a budget', () => {
  const stories = budgets.map((item) => toBudgetStory(item, NOW))
  expect(stories.map(({ tone }) => tone).slice(0, 4)).toEqual(['bad', 'warn', 'warn', 'mut'])
  expect(stories[0]!.text).toMatch(/^refuses calls until today, /)
  expect(stories[1]!.text).toBe('over its limit; calls still pass')
  expect(stories[2]!.text).toMatch(/^at today’s pace spent 24 Nov, /)
  expect(stories[5]!.text).toBe('calls running now')
})

test('the tick stands where an even pace would be', () => {
  const [rolling, day] = [budgets[0]!, budgets[1]!]
  expect(toElapsed(rolling, NOW)).toBeNull()
  expect(toElapsed(day, NOW)).toBe(0.5)
  expect(toElapsed(budgets[6]!, NOW)).toBeCloseTo(22.5 / 30, 2)
})

test('a budget leads to its calls', () => {
  const queries = budgets.map(toBudgetQuery)
  expect(queries.slice(0, 3)).toEqual(['key:bob-notebook', 'user:ann', 'team:search'])
  expect(queries.slice(-2)).toEqual(['tag.feature:checkout-agent', ''])
  for (const q of queries) expect(parseFilter(q).problems).toEqual([])
  expect(toBudgetScope(budgets[1]!, NOW)).toEqual({
    q: 'user:ann',
    from: String(Date.UTC(2026, 10, 23)),
    to: String(NOW),
  })
  const named: BudgetItem = {
    ...budgets[8]!,
    limit: { ...budgets[8]!.limit, name: 'feature=two words' },
    scope: 'two words',
  }
  expect(toBudgetQuery(named)).toBe('tag.feature:"two words"')
})

test('keys: rights in words, those that are over sink, budgets of their own', () => {
  expect(['search-service', 'ci-evals', 'bob-notebook'].map((name) => toRights(keyOf(name)))).toEqual([
    'gpt-5*, claude-*',
    '3 providers · routes fast',
    'everything',
  ])
  expect(
    sorted(keys)
      .map(({ state }) => state)
      .slice(-2),
  ).toEqual(['expired', 'revoked'])
  expect(budgetsOf(budgets, 'ci-evals')).toHaveLength(2)
})

test('a key comes out of the form as it went in', () => {
  const key = keyOf('ci-evals')
  const { limits, ...rest } = toInputOf(toForm(key), NOW)
  expect(rest).toMatchObject({
    owner: key.owner,
    team: key.team,
    providers: key.providers,
    models: null,
    routes: ['fast'],
    ips: ['10.0.0.0/8'],
    capture: 'metadata',
  })
  expect(Math.abs(rest.expiresAt! - key.expiresAt!)).toBeLessThan(60_000)
  expect(limits).toEqual(key.limits)
})

test('mistakes are found before they are sent, and those of the server find their place', () => {
  const form = {
    ...emptyForm(),
    name: 'a b',
    tags: ['feature'],
    expiry: 'date' as const,
    date: '2020-01-01T00:00',
    limits: [toRow({ amount: '0' })],
  }
  expect(Object.keys(checkForm(form, NOW)).sort()).toEqual(['date', 'limits', 'name', 'tags'])
  expect(
    checkForm({ ...emptyForm(), name: 'ci', limits: [toRow({ amount: '1.5', unit: 'requests' })] }, NOW).limits,
  ).toContain('whole')
  expect(
    checkForm({ ...emptyForm(), name: 'ci', limits: [toRow({ amount: '5', per: 'rolling', span: 'a day' })] }, NOW)
      .limits,
  ).toContain('24h')
  expect(checkForm({ ...emptyForm(), name: 'ci' }, NOW)).toEqual({})
  const { problems, rest } = fromErrors([
    { where: 'json.ips.1', message: 'is no address' },
    { where: 'json.expiresAt', message: 'is past' },
    { where: 'json', message: 'unknown field' },
  ])
  expect(problems).toEqual({ ips: '2: is no address', date: 'is past' })
  expect(rest).toEqual(['json: unknown field'])
})

test('routes and health in words', () => {
  const [fast] = makeRoutes(NOW).routes
  expect(toFallbackText(fast!)).toBe('goes on after 429, 5xx, a timeout or no connection, 1 more try each')
  expect(toHealth('ok', null, NOW)).toMatchObject({ text: 'ok', tone: 'good' })
  expect(toHealth('cooling', NOW + 1000, NOW)).toMatchObject({
    tone: 'warn',
    text: expect.stringMatching(/^cooling until \d\d:/),
  })
  expect(toHealth('open', NOW - 1000, NOW)).toMatchObject({ tone: 'bad', text: 'out' })
})
