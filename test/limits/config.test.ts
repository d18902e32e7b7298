// What a limit in weir.yaml may say, and what is wrong with one, in words.
import { expect, test } from 'vitest'
import { configSchema } from '../../server/config/config.ts'
import { keyLimitSchema, limitSchema } from '../../server/config/limits.ts'

const problemsOf = (limit: Record<string, unknown>) =>
  limitSchema.safeParse(limit).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

test('defaults are filled, and what comes out may be read in again', () => {
  const limit = limitSchema.parse({ on: 'team', per: 'month', cost: '2000', zone: 'Europe/Berlin' })
  expect(limit).toEqual({
    on: 'team',
    per: 'month',
    cost: 2000,
    zone: 'Europe/Berlin',
    action: 'block',
    unpriced: 'refuse',
    reserveOutput: 4096,
  })
  expect(limitSchema.parse(limit)).toEqual(limit)
  const rolling = keyLimitSchema.parse({ per: { rolling: '24h' }, tokens: 5, action: 'alert' })
  expect(rolling).toMatchObject({ per: { rolling: '24h' }, unpriced: 'allow' })
  expect(keyLimitSchema.parse(JSON.parse(JSON.stringify(rolling)))).toEqual(rolling)
})

test.each<[Record<string, unknown>, string]>([
  [{ on: 'team', per: 'day' }, ': this limit names no amount: add requests, tokens, cost, concurrency'],
  [
    { on: 'team', requests: 5 },
    'per: is missing: write one of second, minute, hour, day, week, month, or { rolling: 24h }',
  ],
  [
    { on: 'team', per: 'year', cost: 1 },
    'per: write one of second, minute, hour, day, week, month, or { rolling: 24h }',
  ],
  [{ on: 'tag', per: 'day', cost: 1 }, 'name: is missing: write the tag, such as feature or feature=search'],
  [
    { on: 'global', name: 'x', per: 'day', cost: 1 },
    'name: a global limit counts all calls: take the name out, or say what it is on',
  ],
  [
    { on: 'key', per: 'day', cost: 1, zone: 'Berlin' },
    'zone: is no time zone: write a name such as Europe/Berlin or UTC',
  ],
  [{ on: 'key', per: { rolling: '1s' }, requests: 1 }, 'per.rolling: write a duration from 1m to 31d, such as 24h'],
  [
    { on: 'key', per: 'day', cost: 1, unpriced: 'count_as' },
    'countAs: is missing: how many dollars an unpriced call counts as',
  ],
  [
    { on: 'nobody', per: 'day', cost: 1 },
    'on: "nobody" is not one of global, key, team, user, tag, route, model, provider, session, lane',
  ],
])('%j', (limit, problem) => {
  expect(problemsOf(limit)).toEqual([problem])
})

test('the configuration takes a list of them', () => {
  expect(configSchema.parse({ limits: [{ on: 'user', concurrency: 4 }] }).limits).toMatchObject([
    { on: 'user', concurrency: 4 },
  ])
})
