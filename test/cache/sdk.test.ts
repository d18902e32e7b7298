// The official client sees the same object from the cache as from the provider, streams included; `paced` keeps a stream's pauses.
import OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import { chatAnswer, chatStream, json, stream } from '../support/provider.ts'
import { type CacheHouse, openCacheHouse } from './house.ts'

let house: CacheHouse
afterEach(() => house.close())
const question = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Good day?' }] }
const client = () => new OpenAI({ apiKey: 'sk-test-1', baseURL: `${house.weir.url}/openai/v1`, maxRetries: 0 })

test('a completion and a stream', async () => {
  house = await openCacheHouse()
  house.provider.answer(json(chatAnswer('From the provider.')))
  const first = await client().chat.completions.create(question).withResponse()
  await house.weir.recorded(first.response.headers.get('x-weir-call-id')!)
  const second = await client().chat.completions.create(question).withResponse()
  expect(second.response.headers.get('x-weir-cache')).toBe('hit')
  expect(second.data).toEqual(first.data)

  house.provider.answer(stream(chatStream(['one', ' two'], { usage: true })))
  const chunks = async () => {
    const { data, response } = await client()
      .chat.completions.create({ ...question, stream: true })
      .withResponse()
    const found: unknown[] = []
    for await (const chunk of data) found.push(chunk)
    await house.weir.recorded(response.headers.get('x-weir-call-id')!)
    return { cache: response.headers.get('x-weir-cache'), found }
  }
  const [one, two] = [await chunks(), await chunks()]
  expect([one.cache, two.cache]).toEqual(['miss', 'hit'])
  expect(two.found).toEqual(one.found)
})

test('replay: paced brings the pieces with their pauses', async () => {
  house = await openCacheHouse({ replay: 'paced' })
  const events = chatStream(['one', ' two'], { usage: true })
  house.provider.answer(stream(events, { every: 40 }))
  const body = { ...question, stream: true }
  const first = await house.askAndStore({ body })
  const second = await house.askAndStore({ body })
  expect(second.cache).toBe('hit')
  expect(second.bytes).toEqual(first.bytes)
  const hit = await house.weir.recorded(second.id)
  expect(hit.durationMs).toBeGreaterThan((events.length - 2) * 35)
  expect(hit.events).toBe(events.length)
})
