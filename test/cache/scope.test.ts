// Whose answer is whose: credentials never share, teams do, and two questions are the same only if every byte is.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AskOptions, type CacheHouse, openCacheHouse, QUESTION } from './house.ts'

let house: CacheHouse
const wk = (letter: string) => `wk_${letter.repeat(40)}`
beforeAll(async () => {
  const list = [
    { name: 'ann', team: 'red', secret: wk('a') },
    { name: 'bob', team: 'red', secret: wk('b') },
    { name: 'cyd', team: 'blue', secret: wk('c') },
    { name: 'dee', secret: wk('d') },
  ]
  house = await openCacheHouse({}, { config: { keys: { list }, providers: { openai: { apiKey: 'sk-of-weir' } } } })
})
afterAll(() => house.close())

const cacheOf = async (options: AskOptions) => (await house.askAndStore(options)).cache

test('two credentials never share an answer, wherever they stand', async () => {
  const body = { ...QUESTION, user: 'credentials' }
  expect(await cacheOf({ body, key: 'sk-one' })).toBe('miss')
  expect(await cacheOf({ body, key: 'sk-one' })).toBe('hit')
  expect(await cacheOf({ body, key: 'sk-two' })).toBe('miss')
  expect(await cacheOf({ body, key: 'sk-one', headers: { 'x-api-key': 'sk-three' } })).toBe('miss')
  expect(await cacheOf({ body, key: 'sk-one', headers: { 'x-tenant-token': 'other' } })).toBe('miss')
})

test('a team shares; another team and a key without team do not', async () => {
  const body = { ...QUESTION, user: 'teams' }
  expect(await cacheOf({ body, key: wk('a') })).toBe('miss')
  expect(await cacheOf({ body, key: wk('b') })).toBe('hit')
  expect(await cacheOf({ body, key: wk('c') })).toBe('miss')
  expect(await cacheOf({ body, key: wk('d') })).toBe('miss')
  expect(await cacheOf({ body, key: wk('d') })).toBe('hit')
  // What a client says of its team in a header is no proof.
  expect(await cacheOf({ body, key: wk('d'), headers: { 'x-weir-tag-team': 'red' } })).toBe('hit')
  expect(await cacheOf({ body, key: 'sk-four', headers: { 'x-weir-tag-team': 'red' } })).toBe('miss')
})

test('the same fields in another order are another question, and the call says so', async () => {
  const first = await house.askAndStore({ body: '{"model":"gpt-5-mini","seed":1,"messages":[]}', key: 'sk-order' })
  const second = await house.askAndStore({ body: '{"seed":1,"model":"gpt-5-mini","messages":[]}', key: 'sk-order' })
  expect(second.cache).toBe('miss')
  const { cacheWhy } = await house.weir.recorded(second.id)
  expect(cacheWhy).toBe(`the same as call ${first.id}, but its fields stand in another order or with other spaces`)
})

test('a miss names the fields in which the nearest answer differs', async () => {
  const ask = (more: object, headers = {}) =>
    house.askAndStore({ body: { ...QUESTION, ...more }, key: 'sk-why', headers })
  const first = await ask({ seed: 1 })
  const why = async ({ id }: { id: string }) => (await house.weir.recorded(id)).cacheWhy
  expect(await why(await ask({ seed: 2 }))).toBe(`differs from call ${first.id} in seed`)
  expect(await why(await ask({ seed: 1 }, { 'openai-beta': 'x' }))).toContain(`differs from call ${first.id} in header`)
  const other = await ask({ seed: 1, tools: [], messages: [{ role: 'user', content: 'Bye.' }] })
  expect(await why(other)).toBe(`differs from call ${first.id} in messages, tools`)
})

test('what asks for another kind of answer is another question', async () => {
  const ask = (headers: Record<string, string>, path?: string) => cacheOf({ key: 'sk-kind', headers, path })
  expect(await ask({})).toBe('miss')
  expect(await ask({ 'user-agent': 'another', 'x-stainless-package-version': '9' })).toBe('hit')
  expect(await ask({ 'openai-organization': 'org-2' })).toBe('miss')
  expect(await ask({ 'some-beta': 'on' })).toBe('miss')
  expect(await ask({ accept: 'text/event-stream' })).toBe('miss')
  expect(await ask({}, '/openai/v1/chat/completions?x=1')).toBe('miss')
  expect(await ask({ 'accept-encoding': 'br, gzip' })).toBe('miss')
  expect(await ask({ 'accept-encoding': 'gzip,br' })).toBe('hit')
})

test.each([
  [{ store: true }, 'store is true'],
  [{ background: true }, 'background is true'],
  [{ conversation: 'conv_1' }, 'names a conversation'],
  [{ container: { id: 'c' } }, 'names a container'],
])('a call that the provider keeps state for is passed by: %j', async (more, why) => {
  const got = await house.askAndStore({ body: { ...QUESTION, ...more } })
  expect(got.cache).toBe('bypass')
  expect((await house.weir.recorded(got.id)).cacheWhy).toContain(why)
})
