// The filter grammar by itself: what a line means, that writing it back changes nothing, and that mistakes are named.
import { expect, test } from 'vitest'
import { alternatives, formatFilter, parseFilter, quoteValue, toNumber, toRange } from '../../db/filter.ts'

test('terms, operators, negation, phrases and words', () => {
  const { terms, text, problems } = parseFilter(
    'model:gpt-* status:>=500 -provider:openai tag.feature:search error:~quota "refund policy" word -dash https://a.b/c',
  )
  expect(problems).toEqual([])
  expect(text).toEqual(['refund policy', 'word', '-dash', 'https://a.b/c'])
  expect(terms).toEqual([
    { field: 'model', op: '=', value: 'gpt-*', negated: false },
    { field: 'status', op: '>=', value: '500', negated: false },
    { field: 'provider', op: '=', value: 'openai', negated: true },
    { field: 'tag.feature', op: '=', value: 'search', negated: false },
    { field: 'error', op: '~', value: 'quota', negated: false },
  ])
})

test.each([
  'model:gpt-5.1 status:>=500 cost:>0.1 tag.feature:search has:tools "refund policy"',
  'user:"" user:"a b","c,d" status:5xx,200..204 -word "say \\"hi\\"" "model:x"',
  'session:"ein größerer Name" duration:<=5s 東京',
])('%s means the same when it is written back', (q) => {
  const parsed = parseFilter(q)
  expect(parsed.problems).toEqual([])
  expect(parseFilter(formatFilter(parsed))).toEqual(parsed)
})

test('a value from the data becomes a term that finds exactly it', () => {
  for (const value of ['plain', 'with space', 'a,b', 'quote"inside', 'back\\slash', '>5', '', '日本 語', '-x', '~'])
    expect(alternatives({ value: quoteValue(value) })).toEqual([value])
})

test.each([
  ['modle:x', 'did you mean model:'],
  ['status:abc', 'status: takes a number'],
  ['cost:>lots', 'US dollars'],
  ['duration:5parsecs', '300ms'],
  ['has:luck', 'it knows tools'],
  ['stream:maybe', 'yes or no'],
  ['model:>5', 'cannot be compared'],
  ['tokens:~5', '~ is for text'],
  ['model:', 'needs a value'],
  ['x'.repeat(5000), '4000'],
])('%s is explained', (q, hint) => {
  const { terms, problems } = parseFilter(q)
  expect(terms).toEqual([])
  expect(problems.join()).toContain(hint)
})

test('numbers with units, in the unit of the database', () => {
  expect(toNumber('money', '0.1')).toBe(100_000_000)
  expect(toNumber('money', '$2')).toBe(2_000_000_000)
  expect(toNumber('duration', '1.5s')).toBe(1500)
  expect(toNumber('duration', '2m')).toBe(120_000)
  expect(toNumber('tokens', '10k')).toBe(10_000)
  expect(toNumber('number', '1e999')).toBeNull()
  expect(toRange('duration', '1s..2s')).toEqual({ from: 1000, to: 2000 })
  expect(toRange('tokens', '..5')).toEqual({ from: null, to: 5 })
  expect(toRange('tokens', '..')).toBeNull()
})
