// `disconnect` of a key: whether an answer is read on when its client leaves. The key's word wins over its route's.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, chatStream } from '../support/provider.ts'
import { type KeyHouse, openKeyHouse } from './house.ts'

const WORDS = chatStream(['One', ' two', ' three'], { usage: true })

let house: KeyHouse
beforeAll(async () => {
  house = await openKeyHouse({ routes: { reading: { targets: ['openai/gpt-5-mini'], disconnect: 'drain' } } })
})
afterAll(() => house.close())

/** Reads the first piece, leaves, and answers the call's row. `ends`: the provider goes on to the end once Weir has heard of it. */
async function leave(secret: string, path: string, model: string, ends: boolean) {
  const left = Promise.withResolvers<void>()
  const upstream = Promise.withResolvers<'read to the end' | 'ended'>()
  const answer: Answer = async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.on('close', () => upstream.resolve(response.writableFinished ? 'read to the end' : 'ended'))
    response.write(WORDS[0]!)
    await left.promise
    if (!ends) return
    // Client and Weir are in this process: the socket's end is seen within a few turns of the event loop. (A timer alone may come
    // before them, where the process had to wait for a processor.)
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    response.end(WORDS.slice(1).join(''))
  }
  house.provider.answer(answer)
  const before = house.weir.calls.length
  const gone = new AbortController()
  const response = await fetch(house.weir.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hello' }] }),
    signal: gone.signal,
  })
  await response.body!.getReader().read()
  gone.abort()
  left.resolve()
  const call = (await house.weir.recordedCount(before + 1)).at(-1)!
  return { call, upstream: await upstream.promise }
}

test('drain without any route: the answer is read to its end and paid for with its true usage', async () => {
  const secret = await house.make('draining', { disconnect: 'drain' })
  const { call, upstream } = await leave(secret, '/openai/v1/chat/completions', 'gpt-5-mini', true)
  expect(upstream).toBe('read to the end')
  expect(call).toMatchObject({
    outcome: 'client_abort',
    route: null,
    usageSource: 'provider',
    responseBytes: WORDS.join('').length,
  })
})

test('a key that says nothing leaves it to the route', async () => {
  const secret = await house.make('quiet')
  expect((await leave(secret, '/v1/chat/completions', 'reading', true)).upstream).toBe('read to the end')
})

test('abort, over a route that drains: the upstream is let go at once', async () => {
  const secret = await house.make('leaving', { disconnect: 'abort' })
  const { call, upstream } = await leave(secret, '/v1/chat/completions', 'reading', false)
  expect([upstream, call.outcome]).toEqual(['ended', 'client_abort'])
})
