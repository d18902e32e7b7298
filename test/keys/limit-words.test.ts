// `weir key create --limit 'per=month cost=20'`: the words of weir.yaml; every mistake at once, and what was probably meant.
import { expect, test } from 'vitest'
import { parseCommand } from '../../server/cli/arguments.ts'
import { sayLimit, toLimits } from '../../server/cli/key-limits.ts'

test('several limits, with their defaults', () => {
  const words = ['per=month cost=20', 'rolling=24h, tokens=1000000 action=alert', 'concurrency=4']
  const { lists } = parseCommand(['key', 'create', 'ci', ...words.flatMap((each) => ['--limit', each])])
  const limits = toLimits(lists['limit']!)
  expect(limits).toEqual([
    { per: 'month', cost: 20, zone: 'UTC', action: 'block', unpriced: 'refuse', reserveOutput: 4096 },
    { per: { rolling: '24h' }, tokens: 1e6, zone: 'UTC', action: 'alert', unpriced: 'allow', reserveOutput: 4096 },
    { concurrency: 4, zone: 'UTC', action: 'block', unpriced: 'refuse', reserveOutput: 4096 },
  ])
  expect(limits.map(sayLimit)).toEqual([
    'per=month cost=20',
    'rolling=24h tokens=1000000 action=alert',
    'concurrency=4',
  ])
})

test.each([
  ['per=month', /names no amount: add requests, tokens, cost, concurrency/],
  ['cost=20', /per is missing: write one of second, minute/],
  ['per=mouth cost=20', /per write one of second, minute/],
  ['per=month cost=much', /cost .*a number of 0 or more/],
  ['per=month cots=20', /"cots" is no word of a limit: did you mean cost\?/],
  ['per=month cost', /cost has no value/],
  ['per=month cost=1 cost=2', /cost stands there twice/],
  ['per=day rolling=24h cost=1', /write one of them/],
  ['rolling=1s cost=1', /a duration from 1m to 31d/],
  ['per=day cost=1 zone=Berlin', /zone is no time zone/],
])('%s', (text, says) => {
  expect(() => toLimits([text])).toThrow(says)
  expect(() => toLimits([text])).toThrow(`--limit "${text}": `)
})
