// The cache of several Weirs: what one has asked the other gives again; bounded, emptied for all, and kept to memory where nothing may leave it.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Entry } from '../../server/cache/entry.ts'
import { createRedisStore } from '../../server/cache/redis-store.ts'
import { openRedis } from '../../server/redis/redis.ts'
import { openCacheHouse, STREAMED } from '../cache/house.ts'
import { chatStream, startProvider, stream } from '../support/provider.ts'
import { startRedis, type TestRedis, whyNoRedis } from '../support/redis.ts'

const reason = whyNoRedis()
/** Two Weirs start in it, with all their threads. */
const PATIENT = { timeout: 180_000 }

describe.skipIf(reason !== null)(reason ?? 'with Redis', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.close())

  const openStore = async (maxBytes: number, url = server.create()) => {
    const redis = await openRedis({ url, timeoutMs: 20_000 })
    onTestFinished(() => redis.close())
    return { redis, store: createRedisStore({ redis, maxBytes: () => maxBytes }) }
  }
  const anEntry = (key: string, bytes = 1000): Entry => ({
    key,
    callId: `call-${key}`,
    storedAt: Date.now(),
    expiresAt: Date.now() + 60_000,
    status: 200,
    headers: ['content-type', 'application/json'],
    pace: [],
    saved: { nano: 1, tokens: 2, ms: 3 },
    body: randomBytes(bytes),
  })

  test('entries come back byte for byte; the least recently used make room, and no key is left behind for ever', async () => {
    const { redis, store } = await openStore(10_000)
    const entries = Array.from({ length: 6 }, (_, i) => anEntry(`k${i}`))
    // 2,024 bytes each in the books: four of them have room.
    for (const entry of entries.slice(0, 4)) store.write(entry, Date.now())
    await store.settled()
    expect(await store.read('k0')).toEqual(entries[0])
    for (const entry of entries.slice(4)) store.write(entry, Date.now())
    await store.settled()
    expect(await store.totals()).toEqual({ entries: 4, bytes: 4 * 2024 })
    expect(await Promise.all(entries.map(async ({ key }) => (await store.read(key)) !== null))).toEqual([
      true,
      false,
      false,
      true,
      true,
      true,
    ])
    for (const key of (await redis.call('KEYS', '*')) as string[]) {
      expect(key).toMatch(/^weir:\{cache\}:/)
      expect(await redis.call('PTTL', key)).toBeGreaterThan(0)
    }
    // Too large for all of it: not even tried.
    store.write(anEntry('large', 20_000), Date.now())
    await store.settled()
    expect((await store.totals()).entries).toBe(4)
  })

  test('who empties it empties it for all, and what was asked for before that is not kept', async () => {
    const url = server.create()
    const [one, two] = [await openStore(1e6, url), await openStore(1e6, url)]
    const before = Date.now() - 1
    one.store.write(anEntry('a'), before)
    await one.store.settled()
    expect(await two.store.empty()).toBe(1)
    expect(await one.store.read('a')).toBeNull()
    one.store.write(anEntry('late'), before)
    await one.store.settled()
    expect(await one.store.totals()).toEqual({ entries: 0, bytes: 0 })
  })

  test(
    'two Weirs: a call that one has answered is a hit at the other, streams too; content that may not leave a Weir is none',
    PATIENT,
    async () => {
      const provider = await startProvider(stream(chatStream(['one', ' two'], { usage: true })))
      const redis = server.create()
      const key = { name: 'ci', secret: 'wk_0123456789abcdefghijABCDEFGHIJ0123456789', team: 'search' }
      const open = (more: object) =>
        openCacheHouse(
          {},
          { provider, config: { redis, redisTimeout: '30s', providers: { openai: { apiKey: 'sk-1' } }, ...more } },
        )
      const houses = [
        await open({ keys: { list: [key] } }),
        await open({ keys: { list: [key, { ...key, name: 'quiet', secret: `${key.secret}2`, capture: 'metadata' }] } }),
      ] as const
      onTestFinished(async () => {
        for (const house of houses) await house.close()
        await provider.close()
      })
      const [first, second] = houses
      const ask = { key: key.secret, body: STREAMED }
      const asked = await first.askAndStore(ask)
      expect(asked.cache).toBe('miss')
      await expect.poll(async () => (await first.weir.api('/cache')).entries).toBe(1)
      const hit = await second.askAndStore(ask)
      expect([hit.cache, hit.bytes.equals(asked.bytes), provider.requests.length]).toEqual(['hit', true, 1])
      expect(await second.weir.recorded(hit.id)).toMatchObject({ outcome: 'cache_hit', costNano: 0 })

      // Of the same team, but nothing of it may be stored: it is in the memory of its own Weir only.
      const quiet = { key: `${key.secret}2`, body: { ...STREAMED, seed: 7 } }
      expect((await second.askAndStore(quiet)).cache).toBe('miss')
      expect((await second.ask(quiet)).cache).toBe('hit')
      expect((await first.ask({ ...quiet, key: key.secret })).cache).toBe('miss')
    },
  )
})
