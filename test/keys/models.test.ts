// `GET /v1/models` names what the key that asks may use: an agent that picks from the list is not refused for it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KeyHouse, openKeyHouse } from './house.ts'

const PROVIDERS = {
  openai: { apiKey: 'sk-of-the-house-0123456789', models: ['gpt-5-mini', 'o9'] },
  anthropic: { apiKey: 'sk-ant-of-the-house-0123456789', models: ['claude-opus-5'] },
}
const ROUTES = { fast: { targets: ['openai/gpt-5-mini'] }, dear: { targets: ['openai/o9'] } }
const ALL = ['fast', 'dear', 'openai/gpt-5-mini', 'openai/o9', 'anthropic/claude-opus-5']

let house: KeyHouse
beforeAll(async () => void (house = await openKeyHouse({ providers: PROVIDERS, routes: ROUTES })))
afterAll(() => house.close())

const list = async (headers: Record<string, string>): Promise<string[]> => {
  const answer = await fetch(`${house.weir.url}/v1/models`, { headers })
  return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
}

/** Beside those of weir.yaml the price library knows many: all of them must fit. */
test.each([
  ['all', {}, /./, ALL],
  ['one-provider', { providers: ['anthropic'] }, /^anthropic\//, ['anthropic/claude-opus-5']],
  ['patterns', { models: ['gpt-5*'] }, /^(fast|openai\/gpt-5.*)$/, ['fast', 'openai/gpt-5-mini']],
  ['with-provider', { models: ['openai/*'] }, /^(fast|dear|openai\/.*)$/, ALL.slice(0, 4)],
  ['routes', { routes: ['dear'] }, /^dear$/, ['dear']],
  ['routes-for-any-model', { routes: ['dear'], models: ['gpt-5*'] }, /^dear$/, ['dear']],
])('%s', async (name, rights, fits, expected) => {
  const secret = await house.make(name, rights)
  const listed = await list({ authorization: `Bearer ${secret}` })
  expect(listed.filter((id) => ALL.includes(id))).toEqual(expected)
  expect(listed.filter((id) => !fits.test(id))).toEqual([])
  // What is listed may be asked for.
  for (const model of expected.filter((id) => !id.startsWith('anthropic')))
    expect((await house.chat(secret, { path: '/v1/chat/completions', model })).status).toBe(200)
})

test('in Anthropic’s form too; without a key all are named', async () => {
  const secret = await house.make('one-claude', { models: ['claude-opus-5'] })
  expect(await list({ 'x-api-key': secret, 'anthropic-version': '2023-06-01' })).toEqual(['claude-opus-5'])
  expect(await list({})).toEqual(expect.arrayContaining(ALL))
})
