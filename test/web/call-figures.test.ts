// Where the time went and what it cost: only what was measured is drawn, and the lines of the bill add up or say why they do not.
import { expect, test } from 'vitest'
import { toBars } from '../../web/parts/call/figures/waterfall.ts'
import { knownNano, toCostLines, toCostNotes, toPricing } from '../../web/parts/call/figures/cost.ts'
import { toAbsence, toHeadline, toPace, toStory } from '../../web/parts/call/figures/outcome.ts'
import { toFilterHref } from '../../web/parts/call/figures/facts.ts'
import { alternatives, parseFilter } from '../../db/filter.ts'
import { cases } from './harness/cases/all.ts'

const { anthropic, broken, openaiTools, unpriced, reported, refused, running, subscription } = cases as Required<
  typeof cases
>

test('the phases follow one another without gap or overlap and end with the call', () => {
  const bars = toBars(anthropic!.call, 0)
  expect(bars.map((b) => b.label)).toEqual(['admit', 'bedrock 429', 'connect', 'headers', 'until token', 'stream'])
  for (const [i, bar] of bars.slice(3).entries()) expect(bar.fromMs).toBe(bars[i + 2]!.toMs)
  expect(bars.at(-1)!.toMs).toBe(anthropic!.call.durationMs)
  expect(bars[1]).toMatchObject({ kind: 'failed', fromMs: 0, toMs: 80 })
  expect(bars[4]!.toMs).toBe(anthropic!.call.firstTokenMs)
})

test('a whole answer has a body and no first token; a refused call has no provider', () => {
  expect(toBars(openaiTools!.call, 0).map((b) => b.label)).toEqual(['admit', 'connect', 'headers', 'body'])
  expect(toBars(refused!.call, 0)).toMatchObject([{ label: 'refused', kind: 'weir' }])
  expect(toBars(running!.call, running!.call.startedAt + 500).at(-1)).toMatchObject({ kind: 'running', toMs: 500 })
})

test('quantity × price is the cost of each line, and the lines make the total', () => {
  const lines = toCostLines(anthropic!.call)
  for (const l of lines) expect(Math.round((l.quantity * l.price! * 1e9) / 1e6)).toBe(l.costNano)
  expect(lines.reduce((sum, l) => sum + l.costNano!, 0)).toBe(anthropic!.call.costNano)
})

test('each way of not being plainly priced has its name and its sentence', () => {
  expect([anthropic, broken, unpriced, reported, refused].map((c) => toPricing(c!.call))).toEqual([
    'priced',
    'partly',
    'unpriced',
    'reported',
    'no_usage',
  ])
  expect(knownNano(broken!.call)).toBe(1_756_000)
  expect(toCostNotes(unpriced!.call).map((n) => n.warn)).toEqual([true, false])
  expect(toCostNotes(subscription!.call)[0]!.text).toContain('subscription')
  expect(toCostNotes(anthropic!.call)).toEqual([])
})

test('the outcome in words', () => {
  expect(toHeadline(anthropic!.call)).toEqual({ text: '200', tone: 'good' })
  expect(toHeadline(broken!.call)).toEqual({ text: 'stream broke', tone: 'bad' })
  expect(toStory(refused!.call)!.text).toBe(
    'A budget is spent, so Weir refused this call (budget_spent): nothing was sent to a provider.',
  )
  expect(toStory(anthropic!.call)).toBeNull()
  expect(toPace(anthropic!.call)).toBeCloseTo(71.4, 1)
  expect(toPace({ ...anthropic!.call, firstTokenMs: null })).toBeNull()
  expect(toAbsence(running!.call)).toContain('still running')
})

test('a filter made from a value finds that value again, whatever stands in it', () => {
  for (const value of ['ann', 'two words', 'a"quote', 'x,y', '-minus', '*']) {
    const q = new URL(toFilterHref('user', value), 'http://x/').searchParams.get('q')!
    const { terms, problems } = parseFilter(q)
    expect(problems).toEqual([])
    expect(terms.map((t) => [t.field, ...alternatives(t)])).toEqual([['user', value]])
  }
})
