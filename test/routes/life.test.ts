// A route's call over time: its client leaves, the configuration changes under it, somebody ends it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, chatStream, stream } from '../support/provider.ts'
import { callId, fails, type House, ok, openHouse } from './house.ts'

let house: House
beforeAll(async () => void (house = await openHouse({ random: () => 0.99 })))
afterAll(() => house.close())

test('a client that leaves during back-off ends everything at once', async () => {
  const failed = Promise.withResolvers<void>()
  const once: Answer = async (...given) => {
    await fails(503)(...given)
    failed.resolve()
  }
  house.setUp({ answers: [once, ok()], route: { retries: 3, maxWait: '1h' } })
  const before = house.weir.calls.length
  const gone = new AbortController()
  const asked = house.ask({}, { signal: gone.signal }).catch(() => 'gone')
  await failed.promise
  gone.abort()
  expect(await asked).toBe('gone')
  const call = (await house.weir.recordedCount(before + 1)).at(-1)!
  expect(call).toMatchObject({ outcome: 'client_abort', route: 'fast' })
  expect(call.attempts).toHaveLength(1)
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test.each([
  ['what it might cost is too much', { maxCost: 0.0001 }, { max_tokens: 1000 }, 'more than disconnect.maxCost'],
  ['nobody knows what it costs', { maxCost: 100 }, {}, 'more than disconnect.maxCost'],
  ['its max_tokens keeps it within the bound', { maxCost: 0.1 }, { max_tokens: 1000 }, 'was read to the end'],
])('drain with a bound: %s', async (what, bound, body, says) => {
  const prices = what.startsWith('nobody')
    ? []
    : [{ provider: 'a', model: 'model-*', inputPerMillion: 10, outputPerMillion: 10 }]
  const pieces = chatStream(Array.from({ length: 40 }, (_, i) => ` word${i}`))
  // One that is not read on is ended by Weir: it would have no end of its own.
  const endless: Answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(pieces.slice(0, 5).join(''))
  }
  const answer = says.includes('to the end') ? stream(pieces, { every: 15 }) : endless
  house.setUp({ answers: [answer], route: { disconnect: { mode: 'drain', ...bound } }, config: { prices } })
  const before = house.weir.calls.length
  const gone = new AbortController()
  const response = await house.ask({ stream: true, ...body }, { signal: gone.signal })
  await response.body!.getReader().read()
  gone.abort()
  const call = (await house.weir.recordedCount(before + 1)).at(-1)!
  expect(call).toMatchObject({ outcome: 'client_abort', errorMessage: expect.stringContaining(says) })
})

test('drain: the answer is read on without its client, and the call says client_abort', async () => {
  const words = chatStream(['One', ' two', ' three'], { usage: true })
  const slow = stream(words, { every: 15 })
  house.setUp({ answers: [slow], route: { disconnect: 'drain' } })
  const before = house.weir.calls.length
  const gone = new AbortController()
  const response = await house.ask({ stream: true }, { signal: gone.signal })
  await response.body!.getReader().read()
  gone.abort()
  const call = (await house.weir.recordedCount(before + 1)).at(-1)!
  expect(call).toMatchObject({ outcome: 'client_abort', usageSource: 'provider', responseBytes: words.join('').length })
})

test('abort, the default: the upstream is let go at once', async () => {
  const closed = Promise.withResolvers<void>()
  const endless: Answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chatStream()[1]!)
    response.on('close', closed.resolve)
  }
  house.setUp({ answers: [endless, ok()] })
  const gone = new AbortController()
  const response = await house.ask({ stream: true }, { signal: gone.signal })
  await response.body!.getReader().read()
  gone.abort()
  await closed.promise
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('the connection of a try that was given up is closed at once', async () => {
  const closed = Promise.withResolvers<void>()
  const endless: Answer = (_, response) => {
    response.writeHead(500, { 'content-type': 'text/plain' })
    const timer = setInterval(() => response.write('x'.repeat(40_000)), 5)
    response.on('close', () => {
      clearInterval(timer)
      closed.resolve()
    })
  }
  house.setUp({ answers: [endless, ok()] })
  expect((await house.ask()).status).toBe(200)
  await closed.promise
})

test('a call in flight keeps the rules that it started with', async () => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const waits: Answer = async (...given) => {
    arrived.resolve()
    await release.promise
    await fails(500)(...given)
  }
  house.setUp({ answers: [waits, ok()] })
  const target = `b/${house.model('b')}`
  const asked = house.ask()
  await arrived.promise
  house.weir.configure({ adminToken: 'wa_routes_test_token_of_admin', providers: {}, routes: {} })
  release.resolve()
  const response = await asked
  expect(response.status).toBe(200)
  expect(response.headers.get('x-weir-target')).toBe(target)
  expect((await house.ask()).status).toBe(400)
})

test('ended by hand: no other target is tried', async () => {
  const arrived = Promise.withResolvers<void>()
  house.setUp({ answers: [() => arrived.resolve(), ok()] })
  const asked = house.ask()
  await arrived.promise
  const { items } = await house.weir.api('/calls?limit=5')
  const running = items.find((call: { outcome: string }) => call.outcome === 'running')
  expect(running).toMatchObject({ route: 'fast', model: house.model('a') })
  const cancel = await fetch(`${house.weir.url}/api/calls/${running.id}/cancel`, { method: 'POST' })
  expect(cancel.ok).toBe(true)
  const response = await asked
  expect(response.headers.get('x-weir-error')).toBe('canceled')
  expect(house.fakes[1]!.requests).toHaveLength(0)
  await house.weir.recorded(callId(response))
})
