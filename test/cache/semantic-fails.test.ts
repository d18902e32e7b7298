// The embeddings are a help, never a condition: without them a call is an ordinary miss that says why, and later is not kept waiting.
// What was learned survives a restart with the answers that it leads to.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Answer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { embeddings, startEmbedder } from './embedder.ts'
import { numbered, openCacheHouse } from './house.ts'

const KEY = `wk_${'a'.repeat(40)}`
const ask = (text: string, more: object = {}) => ({
  body: { model: 'gpt-5-mini', messages: [{ role: 'user', content: text }], ...more },
  key: KEY,
})
const RESET = 'How do I reset the password of my account?'
const AGAIN = 'How can I reset the password of my account?'

async function open(dataDir?: string, provider?: FakeProvider) {
  const embedder = await startEmbedder()
  const cache = (timeout: string) => ({ semantic: { target: 'embedder/words-1', threshold: 0.8, timeout } })
  const house = await openCacheHouse(cache('30s'), {
    config: {
      keys: { list: [{ name: 'ann', secret: KEY }] },
      providers: { openai: { apiKey: 'sk' }, embedder: { baseUrl: embedder.url } },
    },
    ...(dataDir ? { dataDir } : {}),
    ...(provider ? { provider } : {}),
  })
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    await house.close()
    await embedder.close()
  }
  onTestFinished(close)
  const waitAtMost = (timeout: string) => house.weir.configure({ cache: { mode: 'on', ...cache(timeout) } })
  return { house, embedder, close, waitAtMost }
}

test('an embedder that fails costs no answer; after three times in a row it is left alone', async () => {
  const { house, embedder, waitAtMost } = await open()
  await house.askAndStore(ask(RESET))
  let n = 0
  const fails = async (how: Answer, why: RegExp, outcome: string) => {
    embedder.answer(how)
    const got = await house.askAndStore(ask(`${AGAIN}${' Please!'.repeat(++n)}`))
    expect([got.status, got.cache]).toEqual([200, 'miss'])
    expect((await house.weir.recorded(got.id)).cacheWhy).toMatch(why)
    expect(house.weir.calls.find(({ parentId }) => parentId === got.id)).toMatchObject({ outcome })
  }
  await fails(json({ error: { message: 'no' } }, { status: 500 }), /answered 500 to a request for an embed/, 'error')
  await fails(json({ data: [{ embedding: 'x' }] }), /holds no embedding for each text/, 'error')
  waitAtMost('50ms')
  await fails(() => {}, /gave no embedding within 50 ms/, 'timeout')

  waitAtMost('30s')
  embedder.answer(embeddings)
  const last = await house.askAndStore(ask(AGAIN))
  expect((await house.weir.recorded(last.id)).cacheWhy).toMatch(/embedder\/words-1 is left alone for a moment/)
  expect(embedder.requests).toHaveLength(3)
})

test('a body that may not touch the disk does not come there as a text to embed; a refresh asks for none', async () => {
  const { house } = await open()
  const headers = { 'x-weir-capture': 'metadata' }
  await house.askAndStore({ ...ask(RESET), headers })
  const hit = await house.askAndStore(ask(AGAIN))
  expect(hit.cache).toBe('hit')
  const row = house.weir.calls.find(({ parentId }) => parentId === hit.id)!
  expect(row).toMatchObject({ capture: 'metadata', usage: { input: 16 } })

  const fresh = await house.askAndStore({ ...ask(`${AGAIN} Now.`), headers: { 'x-weir-cache': 'refresh' } })
  expect([fresh.cache, house.weir.calls.some(({ parentId }) => parentId === fresh.id)]).toEqual(['refresh', false])
})

test('after a restart a question that is alike is still found; emptied is emptied', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-semantic-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const provider = await startProvider(numbered())
  onTestFinished(provider.close)
  const first = await open(dataDir, provider)
  const asked = await first.house.askAndStore(ask(RESET))
  const far = await first.house.askAndStore(ask('Which trains go to Lisbon at night?'))
  expect(far.cache).toBe('miss')
  await first.close()

  const second = await open(dataDir, provider)
  await expect.poll(async () => (await second.house.weir.api('/cache')).semantic.entries, { timeout: 60_000 }).toBe(2)
  const text = await second.house.askAndStore(ask(AGAIN))
  expect((await second.house.weir.recorded(text.id)).cachedFrom).toBe(asked.id)
  const vector = await second.house.askAndStore(ask('Which trains go to Lisbon by night?'))
  expect((await second.house.weir.recorded(vector.id)).cachedFrom).toBe(far.id)
  // The one that was embedded before the restart is not asked for again.
  expect(second.embedder.requests.map((request) => request.json.input)).toEqual([
    [AGAIN, RESET],
    ['Which trains go to Lisbon by night?'],
  ])

  await fetch(`${second.house.weir.url}/api/cache`, { method: 'DELETE' })
  expect((await second.house.ask(ask(AGAIN))).cache).toBe('miss')
  expect((await second.house.weir.api('/cache')).semantic.entries).toBe(0)
})
