// Identical calls at the same time ask the provider once: the others get what has come so far, and then each piece as it comes. Each
// is a call of its own, and the answer lives as long as one of them wants it.
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { chatStream } from '../support/provider.ts'
import { type CacheHouse, openCacheHouse, STREAMED } from './house.ts'

let house: CacheHouse
/** The provider's answers that have begun, to be led by hand. */
let answers: ServerResponse[]
let asked: () => Promise<void>
const EVENTS = chatStream(['one', ' two', ' three'], { usage: true })

/** Asked in no other test. */
let question: object
let n = 0

beforeAll(async () => {
  house = await openCacheHouse({ maxEntryBytes: '64MiB' })
})
afterAll(() => house.close())
beforeEach(() => {
  question = { ...STREAMED, seed: ++n }
  answers = []
  let arrived = Promise.withResolvers<void>()
  house.provider.answer((_, response) => {
    answers.push(response)
    arrived.resolve()
  })
  asked = async () => {
    await arrived.promise
    arrived = Promise.withResolvers<void>()
  }
})
afterEach(() => {
  for (const answer of answers) answer.destroy()
})

const begin = (answer: ServerResponse, status = 200) =>
  answer.writeHead(status, { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' })
/** Asks, and gives the stream's reader as soon as the headers are there. */
async function open(signal?: AbortSignal) {
  const answer = await fetch(`${house.weir.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test-1' },
    body: JSON.stringify(question),
    signal: signal ?? null,
  })
  return { answer, id: answer.headers.get('x-weir-call-id')!, reader: answer.body!.getReader() }
}
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()
async function rest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let found = ''
  for (let next = await reader.read(); !next.done; next = await reader.read()) found += text(next.value)
  return found
}
/** Running calls that are with the provider or wait for one that is. */
const running = async () => (await house.weir.api('/status')).running as number
async function untilRunning(count: number): Promise<void> {
  while ((await running()) < count) await new Promise((resolve) => setImmediate(resolve))
}

test('fifty at once are one call to the provider', async () => {
  const all = Array.from({ length: 50 }, () => house.ask({ body: question }))
  await asked()
  await untilRunning(50)
  begin(answers[0]!)
  for (const event of EVENTS) answers[0]!.write(event)
  answers[0]!.end()
  const got = await Promise.all(all)
  expect(answers).toHaveLength(1)
  expect(new Set(got.map(({ bytes }) => bytes.toString()))).toEqual(new Set([EVENTS.join('')]))
  expect(got.map(({ cache }) => cache).sort()).toEqual([...Array.from({ length: 49 }, () => 'hit'), 'miss'])
  const leader = got.find(({ cache }) => cache === 'miss')!
  const calls = await Promise.all(got.map(({ id }) => house.weir.recorded(id)))
  const original = calls.find(({ id }) => id === leader.id)!
  expect(original).toMatchObject({ outcome: 'ok', cache: 'miss' })
  expect(original.costNano).toBeGreaterThan(0)
  for (const call of calls) {
    if (call === original) continue
    expect(call).toMatchObject({
      outcome: 'cache_hit',
      cachedFrom: leader.id,
      costNano: 0,
      savedNano: original.costNano,
    })
  }
  expect((await house.ask({ body: question })).cache).toBe('hit')
})

test('who comes later gets what has come so far, and then each piece as it comes', async () => {
  const first = open()
  await asked()
  begin(answers[0]!).write(EVENTS[0]!)
  const leader = await first
  expect(text((await leader.reader.read()).value)).toBe(EVENTS[0])
  const late = await open()
  expect(late.answer.headers.get('x-weir-cache')).toBe('hit')
  expect(late.answer.headers.get('x-request-id')).toBeNull()
  expect(text((await late.reader.read()).value)).toBe(EVENTS[0])
  answers[0]!.write(EVENTS[1]!)
  expect(text((await late.reader.read()).value)).toBe(EVENTS[1])
  answers[0]!.end(EVENTS.slice(2).join(''))
  expect(await rest(late.reader)).toBe(EVENTS.slice(2).join(''))
  expect(await rest(leader.reader)).toBe(EVENTS.slice(1).join(''))
  expect(answers).toHaveLength(1)
})

test('the first client leaves: the others still get the whole, and it is kept', async () => {
  const leaving = new AbortController()
  const first = open(leaving.signal)
  await asked()
  begin(answers[0]!).write(EVENTS[0]!)
  const leader = await first
  await leader.reader.read()
  const other = await open()
  leaving.abort()
  await untilGone()
  answers[0]!.end(EVENTS.slice(1).join(''))
  expect(await rest(other.reader)).toBe(EVENTS.join(''))
  expect(await house.weir.recorded(leader.id)).toMatchObject({ outcome: 'client_abort', finishReason: 'stop' })
  expect(await house.weir.recorded(other.id)).toMatchObject({ outcome: 'cache_hit', cachedFrom: leader.id })
  expect((await house.ask({ body: question })).cache).toBe('hit')
})

/** The first client's connection is closed on Weir's side too, and nothing followed from it. */
const untilGone = async () => {
  for (let i = 0; i < 20; i++) await running()
}

test('when nobody wants the answer any more, the provider’s request ends', async () => {
  const leaving = new AbortController()
  const first = open(leaving.signal)
  await asked()
  begin(answers[0]!).write(EVENTS[0]!)
  await (await first).reader.read()
  const other = await open(leaving.signal)
  await other.reader.read()
  leaving.abort()
  await once(answers[0]!, 'close')
  expect(answers[0]!.writableFinished).toBe(false)
})

test('the first call fails before it has an answer: each of the others asks for itself', async () => {
  const first = house.ask({ body: question })
  await asked()
  const second = house.ask({ body: question })
  await untilRunning(2)
  begin(answers[0]!, 429).end('{"error":{"message":"slow down"}}')
  expect((await first).status).toBe(429)
  await asked()
  begin(answers[1]!).end(EVENTS.join(''))
  const got = await second
  expect(got).toMatchObject({ status: 200, cache: 'miss' })
  const { cacheWhy, cachedFrom, outcome } = await house.weir.recorded(got.id)
  expect([outcome, cachedFrom]).toEqual(['ok', null])
  expect(cacheWhy).toContain('did not succeed')
})

test('the provider breaks off: nobody sees a clean end, and nothing is kept', async () => {
  const { entries } = await house.weir.api('/cache')
  const first = open()
  await asked()
  begin(answers[0]!).write(EVENTS[0]!)
  const leader = await first
  await leader.reader.read()
  const other = await open()
  expect(text((await other.reader.read()).value)).toBe(EVENTS[0])
  answers[0]!.destroy()
  const said = await rest(other.reader).catch(() => 'destroyed')
  expect(said).toMatch(/"error"|destroyed/)
  expect(await house.weir.recorded(other.id)).toMatchObject({ errorCode: 'upstream_reset', costNano: 0 })
  await house.weir.recorded(leader.id)
  expect(await house.weir.api('/cache')).toMatchObject({ entries })
})

test('a first client that takes nothing does not hold up the others', async () => {
  // More than the sockets' own buffers take.
  const long = chatStream(
    Array.from({ length: 300 }, () => 'x'.repeat(100_000)),
    { usage: true },
  )
  const first = open()
  await asked()
  begin(answers[0]!).write(long[0]!)
  const leader = await first
  const writing = (async () => {
    for (const event of long.slice(1)) if (!answers[0]!.write(event)) await once(answers[0]!, 'drain')
    answers[0]!.end()
  })()
  await untilStalled(answers[0]!)
  const other = await house.ask({ body: question })
  await writing
  expect(other.cache).toBe('hit')
  expect(other.bytes.equals(Buffer.from(long.join('')))).toBe(true)
  expect(Buffer.from(await rest(leader.reader)).equals(other.bytes)).toBe(true)
})

/** The provider cannot send on: all buffers up to the client's are full. */
async function untilStalled(answer: ServerResponse): Promise<void> {
  for (let seen = -1; seen !== answer.writableLength || seen === 0;) {
    if (answer.writableFinished) throw new Error('The buffers took it all.')
    seen = answer.writableLength
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('a call that passes the cache by shares with nobody', async () => {
  const all = [1, 2].map(() => house.ask({ body: question, headers: { 'x-weir-cache': 'off' } }))
  await untilRunning(2)
  while (answers.length < 2) await asked()
  for (const answer of answers) begin(answer).end(EVENTS.join(''))
  expect((await Promise.all(all)).map(({ cache }) => cache)).toEqual(['bypass', 'bypass'])
})
