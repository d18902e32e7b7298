// What comes from the cache is what the first client saw, byte for byte, with nothing that was meant for that client alone; and it
// is a call in the log that cost nothing and says what it saved.
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chatAnswer, chatStream, stream } from '../support/provider.ts'
import { type CacheHouse, openCacheHouse, QUESTION, STREAMED } from './house.ts'

let house: CacheHouse
beforeEach(async () => {
  house = await openCacheHouse()
})
afterEach(() => house.close())

test('the second call gets the first one’s bytes; the provider is not asked', async () => {
  const first = await house.askAndStore()
  const second = await house.ask()
  expect([first.cache, second.cache]).toEqual(['miss', 'hit'])
  expect(second.bytes).toEqual(first.bytes)
  expect(second.headers.get('content-length')).toBe(first.headers.get('content-length'))
  expect(second.headers.get('age')).toMatch(/^[0-5]$/)
  expect(house.provider.requests).toHaveLength(1)
  expect(Object.keys(house.provider.last().headers).filter((name) => name.startsWith('x-weir'))).toEqual([])
})

test('a hit is a call: it cost nothing, used no tokens, and says what it saved and whose answer it is', async () => {
  const first = await house.askAndStore()
  const original = await house.weir.recorded(first.id)
  const second = await house.ask()
  expect(original).toMatchObject({
    cache: 'miss',
    cacheWhy: expect.stringContaining('nothing was kept'),
    savedNano: null,
  })
  expect(original.costNano).toBeGreaterThan(0)
  const hit = await house.weir.recorded(second.id)
  expect(hit).toMatchObject({
    outcome: 'cache_hit',
    status: 200,
    cache: 'hit',
    cachedFrom: first.id,
    savedNano: original.costNano,
    costNano: 0,
    usage: {},
    usageSource: 'none',
    attempts: [],
    finishReason: 'stop',
    decodeError: null,
    preview: 'Answer 1',
  })
  expect(hit.savedMs).toBeGreaterThan(0)
  expect(hit.savedMs).toBeLessThanOrEqual(original.durationMs!)
  expect(await house.weir.api(`/calls/${second.id}`)).toEqual(hit)
  const kept = await fetch(`${house.weir.url}/api/calls/${second.id}/response`)
  expect(Buffer.from(await kept.arrayBuffer())).toEqual(first.bytes)
  const { now } = await house.weir.api('/overview')
  expect(now).toMatchObject({ calls: 2, cacheHits: 1, savedNano: original.costNano, costNano: original.costNano })
  expect(await house.weir.api('/cache')).toMatchObject({
    mode: 'on',
    entries: 1,
    hits: 1,
    misses: 1,
    savedNano: original.costNano,
    savedTokens: 17,
  })
})

test('a stream comes again, with the same events', async () => {
  house.provider.answer(stream(chatStream(['one', ' two', ' three'], { usage: true })))
  const first = await house.askAndStore({ body: STREAMED })
  const second = await house.ask({ body: STREAMED })
  expect(second.cache).toBe('hit')
  expect(second.bytes).toEqual(first.bytes)
  expect(second.headers.get('content-type')).toBe('text/event-stream')
  expect(house.provider.requests).toHaveLength(1)
  expect(await house.weir.recorded(second.id)).toMatchObject({ finishReason: 'stop', costNano: 0 })
})

test('a usage event that Weir took out is in no hit either', async () => {
  const body = { ...QUESTION, model: 'openai/gpt-5-mini', stream: true }
  house.weir.configure({
    providers: { openai: { baseUrl: house.provider.url, usage: { inject: 'on' } } },
    cache: { mode: 'on' },
  })
  house.provider.answer(stream(chatStream(['one'], { usage: true })))
  const first = await house.askAndStore({ body, path: '/v1/chat/completions' })
  const second = await house.ask({ body, path: '/v1/chat/completions' })
  expect(second.cache).toBe('hit')
  expect(first.bytes.toString()).toBe(chatStream(['one']).join(''))
  expect(second.bytes).toEqual(first.bytes)
  const { costNano } = await house.weir.recorded(first.id)
  expect(await house.weir.recorded(second.id)).toMatchObject({ savedNano: costNano })
})

test('a compressed answer stays compressed, and can still be read in the log', async () => {
  const packed = gzipSync(JSON.stringify(chatAnswer('Packed.')))
  house.provider.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.end(packed)
  })
  const raw = () =>
    new Promise<{ bytes: Buffer; id: string; cache: unknown; encoding: unknown }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-1', 'accept-encoding': 'gzip' }
      const out = request(
        `${house.weir.url}/openai/v1/chat/completions`,
        { method: 'POST', headers },
        async (answer) => {
          const pieces: Buffer[] = []
          for await (const piece of answer) pieces.push(piece as Buffer)
          const { 'x-weir-call-id': id, 'x-weir-cache': cache, 'content-encoding': encoding } = answer.headers
          resolve({ bytes: Buffer.concat(pieces), id: String(id), cache, encoding })
        },
      )
      out.on('error', reject)
      out.end(JSON.stringify(QUESTION))
    })
  const first = await raw()
  await house.weir.recorded(first.id)
  const second = await raw()
  expect(second).toMatchObject({ cache: 'hit', encoding: 'gzip', bytes: packed })
  expect(await house.weir.recorded(second.id)).toMatchObject({ preview: 'Packed.', decodeError: null })
})

test('nothing of the first client’s goes to another: cookies, dates, request ids, rate limits', async () => {
  house.provider.answer((_, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'set-cookie': 'session=1',
      date: 'Mon, 23 Nov 2026 20:00:00 GMT',
      'x-request-id': 'req_1',
      'openai-organization': 'org-1',
      'x-ratelimit-remaining-requests': '7',
    })
    response.end(JSON.stringify(chatAnswer()))
  })
  const first = await house.askAndStore()
  expect(first.headers.get('x-request-id')).toBe('req_1')
  const second = await house.ask()
  expect(second.cache).toBe('hit')
  const own = ['x-weir-call-id', 'x-weir-target', 'x-weir-attempts', 'x-weir-cache', 'server-timing', 'age']
  const connection = ['connection', 'keep-alive', 'transfer-encoding', 'content-length']
  expect([...second.headers.keys()].filter((name) => ![...own, ...connection].includes(name))).toEqual(['content-type'])
})
