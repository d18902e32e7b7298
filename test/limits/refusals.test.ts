// A call that is refused for a limit looks to each client like a refusal of its own provider, is recorded, and takes nothing.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse, thrownBy } from '../support/client-house.ts'

let house: ClientHouse

beforeAll(async () => {
  house = await openClientHouse(['openai', 'anthropic'])
  // A limit that nobody has asked for sums or prices waits for a reader thread, and not for ever: here it runs already.
  await house.weir.api('/calls')
})
beforeEach(() => house.reset())
afterAll(() => house?.close())

/** Each test has a team of its own, and so counters of its own. */
const limit = (...limits: Record<string, unknown>[]) => house.weir.configure({ limits })
const openai = (team: string) =>
  new OpenAI({
    apiKey: 'sk-test-0123456789abcdef',
    baseURL: house.at(`/t/team=${team}/openai/v1`),
    maxRetries: 2,
  })
const question = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Good day?' }], max_tokens: 64 }
const ask = (client: OpenAI) => client.chat.completions.create(question)

test('openai: a rate limit is a RateLimitError with the usual headers; what Weir refuses is tried no further', async () => {
  limit({ on: 'team', per: 'day', requests: 1 })
  await ask(openai('one'))
  const error = await thrownBy(() => ask(openai('one')))
  expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  expect(error).toMatchObject({ status: 429, code: 'rate_limited' })
  expect(error.message).toContain('1 request per day for team "one"')
  const headers = error['headers'] as Headers
  const midnight = Math.ceil((Math.ceil(Date.now() / 86_400_000) * 86_400_000 - Date.now()) / 1000)
  expect(Math.abs(Number(headers.get('retry-after')) - midnight)).toBeLessThanOrEqual(1)
  expect(headers.get('x-should-retry')).toBe('false')
  expect(headers.get('x-ratelimit-limit-requests')).toBe('1')
  expect(headers.get('x-ratelimit-remaining-requests')).toBe('0')
  expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^(\d+h)?(\d+m)?\d+s$/)
  expect(house.asked().length).toBe(1)
  const rows = await house.rows(2)
  expect(rows.map(({ outcome, errorCode, status }) => [outcome, errorCode, status])).toEqual([
    ['ok', null, 200],
    ['refused', 'rate_limited', 429],
  ])
  expect((await house.weir.api('/budgets')).items).toMatchObject([
    { scope: 'one', used: 1, reserved: 0, left: 0, state: 'spent' },
  ])
  // Another team has room, and its answers carry no header more than ever.
  const { response } = await openai('two').chat.completions.create(question).withResponse()
  expect([...response.headers.keys()].filter((name) => /limit/.test(name))).toEqual([])
})

test('anthropic: a RateLimitError with anthropic-ratelimit headers', async () => {
  limit({ on: 'team', per: 'hour', requests: 0 })
  const client = new Anthropic({ apiKey: 'sk-ant-test', baseURL: house.at('/t/team=three/anthropic'), maxRetries: 2 })
  const error = await thrownBy(() =>
    client.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 64, messages: question.messages }),
  )
  expect(error).toBeInstanceOf(Anthropic.RateLimitError)
  const headers = error['headers'] as Headers
  expect(headers.get('anthropic-ratelimit-requests-limit')).toBe('0')
  expect(headers.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00Z$/)
  expect(house.asked().length).toBe(0)
})

test('a budget that has no room is 402, and says how much is spent, of what, and what to do', async () => {
  limit({ on: 'team', per: 'month', cost: 0.00001 })
  const error = await thrownBy(() => ask(openai('four')))
  expect(error).toMatchObject({ status: 402, code: 'budget_spent' })
  expect(error.message).toMatch(
    /The budget of \$0\.000010 per month for team "four" has no room for this call, which may cost \$0\.000\d+/,
  )
  expect((error['headers'] as Headers).get('x-should-retry')).toBe('false')
  expect(house.asked().length).toBe(0)
})

test('a model that nobody can price does not slip past a budget; the message prices it', async () => {
  limit({ on: 'team', per: 'month', cost: 5 })
  const client = openai('five')
  const own = { ...question, model: 'our-own-model' }
  const error = await thrownBy(() => client.chat.completions.create(own))
  expect(error).toMatchObject({ status: 402, code: 'unpriced' })
  expect(error.message).toContain('prices: [{ provider: openai, model: "our-own-model", inputPerMillion: 1.00')
  house.weir.configure({
    limits: [{ on: 'team', per: 'month', cost: 5 }],
    prices: [{ provider: 'openai', model: 'our-own-model', inputPerMillion: 1, outputPerMillion: 4 }],
  })
  await client.chat.completions.create(own)
})

test('a soft limit lets the call pass with a header', async () => {
  limit({ on: 'tag', name: 'feature', per: 'day', requests: 1, action: 'alert' })
  const at = (path: string) =>
    fetch(house.at(path), { method: 'POST', headers: { authorization: 'Bearer sk-x' }, body: JSON.stringify(question) })
  const path = '/t/feature=s%C3%BCche/openai/v1/chat/completions'
  expect((await at(path)).headers.get('x-weir-limit')).toBeNull()
  expect((await at(path)).headers.get('x-weir-limit')).toBe(
    'near tag feature=s%C3%BCche: 2 requests of 1 request per day',
  )
})

test('model lists are neither counted nor refused', async () => {
  limit({ on: 'global', per: 'month', requests: 0 })
  expect((await fetch(house.at('/v1/models'))).status).toBe(200)
  await fetch(house.at('/openai/v1/models'), { headers: { authorization: 'Bearer sk-x' } })
  expect(house.asked().length).toBe(1)
})
