// A question in other words gets the answer that is there, and says so; a question that differs in anything else never does.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json } from '../support/provider.ts'
import { embeddings, startEmbedder } from './embedder.ts'
import { type AskOptions, type CacheHouse, numbered, openCacheHouse } from './house.ts'

const wk = (letter: string) => `wk_${letter.repeat(40)}`
const SEMANTIC = { target: 'embedder/words-1', threshold: 0.8, timeout: '30s' }
const SETTINGS = {
  keys: {
    list: [
      { name: 'ann', secret: wk('a') },
      { name: 'bob', secret: wk('b') },
    ],
  },
}

let house: CacheHouse
let embedder: FakeProvider
beforeAll(async () => {
  embedder = await startEmbedder()
  house = await openCacheHouse(
    { semantic: SEMANTIC },
    {
      config: {
        ...SETTINGS,
        providers: {
          openai: { apiKey: 'sk-of-weir' },
          embedder: { apiKey: 'sk-embedder', baseUrl: embedder.url },
        },
        prices: [{ model: 'words-*', inputPerMillion: 1000 }],
      },
    },
  )
})
afterAll(async () => {
  await house.close()
  await embedder.close()
})

/** A model of its own, so that no test meets another's questions. */
const about = (model: string, text: string, more: object = {}) => ({
  body: {
    model,
    messages: [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: text },
    ],
    ...more,
  },
  key: wk('a'),
})
const RESET = 'How do I reset the password of my account?'
const AGAIN = 'How can I reset the password of my account?'
const told = async (options: AskOptions) => {
  const got = await house.askAndStore(options)
  return { ...got, call: await house.weir.recorded(got.id) }
}

test('other words for the same question are a hit that names its likeness and the call that was answered', async () => {
  const first = await told(about('gpt-alike', RESET))
  // A bucket's first question costs nothing: there is nothing to compare it with.
  expect([first.cache, embedder.requests.length]).toEqual(['miss', 0])

  const second = await told(about('gpt-alike', AGAIN))
  expect(second.cache).toBe('hit')
  expect(second.bytes).toEqual(first.bytes)
  const similarity = second.headers.get('x-weir-cache-similarity')!
  expect(Number(similarity)).toBeGreaterThan(0.8)
  expect(second.call).toMatchObject({
    outcome: 'cache_hit',
    cachedFrom: first.id,
    cacheWhy: `semantic, similarity ${similarity}`,
    costNano: 0,
    savedNano: first.call.costNano,
  })
  expect(embedder.last().json).toEqual({ model: 'words-1', input: [AGAIN, RESET] })
  expect(embedder.last().headers['authorization']).toBe('Bearer sk-embedder')

  const third = await told(about('gpt-alike', 'And how can I reset the password of my account?'))
  expect([third.cache, third.call.cachedFrom]).toEqual(['hit', first.id])
  expect(embedder.last().json.input).toHaveLength(1)
  expect(await house.weir.api('/cache')).toMatchObject({ semantic: { entries: 1, hits: 2 } })
})

test('the embedding is a call of its own: priced, of the same key, its parent the call that needed it', async () => {
  await told(about('gpt-row', RESET))
  const hit = await told({ ...about('gpt-row', AGAIN), headers: { 'x-weir-user': 'ann@example.com' } })
  // Its end is in the journal before the hit's, so it is stored by now.
  const row = house.weir.calls.find(({ parentId }) => parentId === hit.id)
  expect(row).toMatchObject({
    provider: 'embedder',
    operation: 'embeddings',
    model: 'words-1',
    outcome: 'ok',
    key: 'ann',
    user: 'ann@example.com',
    tags: { weir: 'semantic-cache' },
    sessionId: null,
    usage: { input: 16 },
    costNano: 16_000_000,
  })
})

test('another question is a miss that says how far the nearest is, and is found itself from then on', async () => {
  await told(about('gpt-far', RESET))
  const far = await told(about('gpt-far', 'Which trains go to Lisbon at night?'))
  expect(far.cache).toBe('miss')
  expect(far.call.cacheWhy).toMatch(/; semantic: the nearest is 0\.\d{3} alike, less than 0\.8$/)
  expect((await told(about('gpt-far', 'Which trains go to Lisbon by night?'))).call.cachedFrom).toBe(far.id)
})

test('the same at the same time is still one call to the provider', async () => {
  await told(about('gpt-many', RESET))
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  house.provider.answer(async (...asked) => {
    begun.resolve()
    await release.promise
    await json(chatAnswer('The night train.'))(...asked)
  })
  // No embedding before all have asked for theirs: nobody follows a call that has gone ahead already.
  const allAsk = Promise.withResolvers<void>()
  let asking = 0
  embedder.answer(async (...asked) => {
    if (++asking === 8) allAsk.resolve()
    await allAsk.promise
    embeddings(...asked)
  })
  const before = house.provider.requests.length
  const since = Date.now()
  const all = Array.from({ length: 8 }, () => told(about('gpt-many', 'Which trains go to Lisbon at night?')))
  await begun.promise
  // Stored embeddings: each call has had its own, and has looked.
  const embedded = () =>
    house.weir.calls.filter(({ provider, startedAt }) => provider === 'embedder' && startedAt >= since)
  await expect.poll(() => embedded().length, { timeout: 60_000 }).toBe(8)
  release.resolve()
  const got = await Promise.all(all)
  expect(got.filter(({ cache }) => cache === 'miss')).toHaveLength(1)
  expect(house.provider.requests).toHaveLength(before + 1)
  house.provider.answer(numbered())
  embedder.answer(embeddings)
})

const DIFFERENT: [what: string, first: AskOptions, second: AskOptions][] = [
  ['the model', about('gpt-one', RESET), about('gpt-two', AGAIN)],
  ['a setting', about('gpt-set', RESET, { temperature: 0 }), about('gpt-set', AGAIN, { temperature: 1 })],
  ['the tools', about('gpt-tools', RESET), about('gpt-tools', AGAIN, { tools: [] })],
  ['a number', about('gpt-number', 'Where is my order A-17?'), about('gpt-number', 'Where is my order A-18?')],
  ['the key', about('gpt-key', RESET), { ...about('gpt-key', AGAIN), key: wk('b') }],
  [
    'the history',
    about('gpt-said', RESET),
    about('gpt-said', '', {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'user', content: AGAIN },
      ],
    }),
  ],
  [
    'an image beside the text',
    about('gpt-image', RESET),
    about('gpt-image', '', {
      messages: [
        { role: 'system', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: AGAIN },
            { type: 'image_url', image_url: { url: 'data:,' } },
          ],
        },
      ],
    }),
  ],
]
test.each(DIFFERENT)('never where something else differs: %s', async (_, first, second) => {
  await told(first)
  const before = embedder.requests.length
  expect((await told(second)).cache).toBe('miss')
  expect(embedder.requests).toHaveLength(before)
})

test('an answer that asks for a tool is given to nobody else; nor is Weir’s credential used for a call without a key', async () => {
  const tool = { id: 'call_1', type: 'function', function: { name: 'book', arguments: '{"to":"Lisbon"}' } }
  const acting = chatAnswer('')
  acting.choices[0]!.message = { role: 'assistant', content: null, tool_calls: [tool] } as never
  acting.choices[0]!.finish_reason = 'tool_calls'
  house.provider.answer(json(acting))
  await told(about('gpt-acts', 'Book the train to Lisbon, please'))
  house.provider.answer(numbered())
  expect((await told(about('gpt-acts', 'Book the train to Munich, please'))).cache).toBe('miss')

  const before = embedder.requests.length
  await told({ ...about('gpt-foreign', RESET), key: 'sk-of-a-client' })
  expect((await told({ ...about('gpt-foreign', AGAIN), key: 'sk-of-a-client' })).cache).toBe('miss')
  expect(embedder.requests).toHaveLength(before)
})
