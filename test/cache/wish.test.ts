// What a call may ask of the cache, in Weir's word and in those of other gateways; and for how long an answer is good.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type CacheHouse, numbered, openCacheHouse, QUESTION } from './house.ts'

let house: CacheHouse
/** Asked in no other test. */
let body: object
let n = 0
const open = (cache: Record<string, unknown> = {}) =>
  house.weir.configure({
    providers: { openai: { baseUrl: house.provider.url } },
    cache: { mode: 'on', ttl: '10m', ...cache },
  })
const ask = async (headers: Record<string, string> = {}) => {
  const { cache, bytes } = await house.askAndStore({ headers, body })
  return [cache, /Answer (\d)/.exec(bytes.toString())?.[1]]
}
/** Only the clock on the wall is moved. */
const pass = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000)
beforeAll(async () => {
  house = await openCacheHouse()
})
afterAll(() => house.close())
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  body = { ...QUESTION, seed: ++n }
  house.provider.answer(numbered())
})
afterEach(() => void vi.useRealTimers())

test('on: answers are good for the configured time, and then asked for again', async () => {
  open()
  expect(await ask()).toEqual(['miss', '1'])
  pass(9)
  const got = await house.ask({ body })
  expect(got.cache).toBe('hit')
  expect(Number(got.headers.get('age'))).toBe(540)
  pass(2)
  const late = await house.askAndStore({ body })
  expect(late.cache).toBe('miss')
  expect((await house.weir.recorded(late.id)).cacheWhy).toMatch(/had expired \d+ s before/)
})

test('a call may pass the cache by, or have the answer made anew for all', async () => {
  open()
  expect(await ask()).toEqual(['miss', '1'])
  expect(await ask({ 'x-weir-cache': 'off' })).toEqual(['bypass', '2'])
  expect(await ask()).toEqual(['hit', '1'])
  expect(await ask({ 'x-weir-cache': 'refresh' })).toEqual(['refresh', '3'])
  expect(await ask()).toEqual(['hit', '3'])
  expect(await ask({ 'cf-aig-skip-cache': 'true' })).toEqual(['bypass', '4'])
  expect(await ask({ 'helicone-cache-enabled': 'false' })).toEqual(['bypass', '5'])
})

test('a call may say how old an answer may be, and how long its own is kept', async () => {
  open()
  expect(await ask({ 'x-weir-cache': '1h' })).toEqual(['miss', '1'])
  pass(30)
  expect(await ask({ 'x-weir-cache': '600' })).toEqual(['miss', '2'])
  pass(5)
  expect(await ask({ 'cf-aig-cache-ttl': '600' })).toEqual(['hit', '2'])
})

test('opt-in: only calls that ask', async () => {
  open({ mode: 'opt-in' })
  expect(await ask()).toEqual([null, '1'])
  expect(await ask({ 'x-weir-cache': 'on' })).toEqual(['miss', '2'])
  expect(await ask({ 'helicone-cache-enabled': 'true' })).toEqual(['hit', '2'])
  expect(await ask()).toEqual([null, '3'])
})

test('off: no header has an effect; switched on, it begins', async () => {
  open({ mode: 'off' })
  expect(await ask({ 'x-weir-cache': 'on' })).toEqual([null, '1'])
  expect(await ask({ 'x-weir-cache': 'on' })).toEqual([null, '2'])
  open()
  expect(await ask()).toEqual(['miss', '3'])
  expect(await ask()).toEqual(['hit', '3'])
})

test('another namespace knows nothing of what was', async () => {
  open({ namespace: 'v1' })
  expect(await ask()).toEqual(['miss', '1'])
  open({ namespace: 'v2' })
  expect(await ask()).toEqual(['miss', '2'])
})

test.each([
  ['x-weir-cache', 'of', 'Write on, off, refresh'],
  ['x-weir-cache', '10 parsecs', 'Write on, off, refresh'],
  ['cf-aig-cache-ttl', '10m', 'whole number of seconds'],
  ['helicone-cache-enabled', 'maybe', 'true or false'],
])('%s: %s is refused with words', async (name, value, words) => {
  open()
  const before = house.provider.requests.length
  const got = await house.ask({ body, headers: { [name]: value } })
  expect(got.status).toBe(400)
  expect(got.headers.get('x-weir-error')).toBe('bad_request')
  expect(JSON.parse(got.bytes.toString()).error.message).toContain(words)
  expect(house.provider.requests).toHaveLength(before)
})
