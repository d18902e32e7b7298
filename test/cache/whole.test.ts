// Only a whole answer is given again: the dialect's terminal event was there, a reason to finish, a 2xx, and no error on the way.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, chatStream, json, messagesStream, sse, stream } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { type CacheHouse, openCacheHouse, QUESTION, STREAMED } from './house.ts'

let house: CacheHouse
beforeAll(async () => {
  house = await openCacheHouse({ maxEntryBytes: 200_000 })
})
afterAll(() => house.close())

const events = chatStream(['one', ' two'], { usage: true })
const withoutDone = chatStream(['one', ' two']).slice(0, -1)
const unfinished = [...events.slice(0, 3), sse('[DONE]')]
const failing = [...events.slice(0, 2), sse({ error: { message: 'overloaded', type: 'server_error' } }), sse('[DONE]')]

let n = 0
/** Asks twice what nobody asked before. */
async function twice(body: object = STREAMED, path?: string): Promise<(string | null)[]> {
  const own = { ...body, user: `twice ${++n}` }
  const first = await house.askAndStore({ body: own, path })
  const second = await house.askAndStore({ body: own, path })
  return [first.cache, second.cache]
}

test.each([
  ['a stream without its terminal event', stream(withoutDone)],
  ['a stream without a reason to finish', stream(unfinished)],
  ['a stream with an error in it', stream(failing)],
  ['an error', json({ error: { message: 'no' } }, { status: 500 })],
  ['a rate limit', json({ error: { message: 'slow down' } }, { status: 429 })],
  ['an answer that is no JSON', json('x'.repeat(100))],
  ['JSON without a reason to finish', json({ id: 'x', object: 'chat.completion', choices: [] })],
  ['an answer above maxEntryBytes', json(chatAnswer('x'.repeat(200_000)))],
])('%s is not kept', async (_, answer) => {
  house.provider.answer(answer)
  expect(await twice()).toEqual(['miss', 'miss'])
})

test('a stream that broke off is not kept', async () => {
  house.provider.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(events[0]!)
    response.write(events[1]!, () => response.destroy())
  })
  const ids: string[] = []
  for (let i = 0; i < 2; i++) {
    const answer = await fetch(`${house.weir.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-broken' },
      body: JSON.stringify(STREAMED),
    })
    ids.push(answer.headers.get('x-weir-call-id')!)
    await answer.text().catch(() => '')
    await house.weir.recorded(ids[i]!)
  }
  expect(await house.weir.recorded(ids[1]!)).toMatchObject({ cache: 'miss', outcome: 'upstream_abort' })
})

test('what is whole is kept: streams, JSON, embeddings', async () => {
  house.provider.answer(stream(events))
  expect(await twice()).toEqual(['miss', 'hit'])
  house.provider.answer(json(chatAnswer()))
  expect(await twice(QUESTION)).toEqual(['miss', 'hit'])
  const embedding = { object: 'embedding', index: 0, embedding: [0.1] }
  house.provider.answer(
    json({
      object: 'list',
      data: [embedding],
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 1, total_tokens: 1 },
    }),
  )
  expect(await twice({ model: 'text-embedding-3-small', input: 'x' }, '/openai/v1/embeddings')).toEqual(['miss', 'hit'])
})

test('housekeeping and unknown addresses have nothing to do with the cache', async () => {
  house.provider.answer(json({ object: 'list', data: [] }))
  expect(await twice(QUESTION, '/openai/v1/files')).toEqual([null, null])
  expect(await twice(QUESTION, '/openai/v1/moderations')).toEqual([null, null])
})

test('Anthropic’s messages, as a stream', async () => {
  house.provider.answer(stream(messagesStream()))
  const weir: TestWeir = await startWeir({
    providers: { anthropic: house.provider },
    config: { cache: { mode: 'on' } },
  })
  const ask = async () => {
    const answer = await fetch(`${weir.url}/anthropic/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-1', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 9, stream: true, messages: [] }),
    })
    const text = await answer.text()
    await weir.recorded(answer.headers.get('x-weir-call-id')!)
    return [answer.headers.get('x-weir-cache'), text]
  }
  expect(await ask()).toEqual(['miss', messagesStream().join('')])
  expect(await ask()).toEqual(['hit', messagesStream().join('')])
  await weir.close()
})
