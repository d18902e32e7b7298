// What happens now, within a second, to any number of readers — and none of them can hold Weir up or make it hoard memory.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openHouse, type House } from './house.ts'
import { openSse, type Sse } from './sse.ts'

let house: House
const readers: Sse[] = []
beforeEach(async () => {
  house = await openHouse()
})
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close()
  await house.close()
})

const follow = async (path?: string, headers?: Record<string, string>) => {
  const reader = await openSse(house.port, path, headers)
  readers.push(reader)
  return reader
}

test('a call is told when it starts and when it is stored, numbered, without what lists do not show', async () => {
  const live = await follow()
  expect(live.headers['content-type']).toBe('text/event-stream')
  expect((await live.next('status')).json).toMatchObject({
    version: '1.2.3',
    running: 0,
    url: `http://127.0.0.1:${house.port}`,
  })

  const call = house.begin({ model: 'gpt-5.1' })
  const started = await live.next('started')
  expect(started.json).toMatchObject({ id: call.id, outcome: 'running' })
  expect((await live.next('status')).json.running).toBe(1)

  house.end(call.id)
  await house.record({ ...call, outcome: 'ok' })
  const recorded = await live.next('recorded')
  expect(recorded.json).toMatchObject({ id: call.id, outcome: 'ok', costNano: 45_000 })
  expect(recorded.json).not.toHaveProperty('usageRaw')
  expect(recorded.id).not.toBe(started.id)
})

test('a reader who comes back goes on after the last event it saw, by header or by parameter', async () => {
  const live = await follow()
  await live.next('status')
  const [first] = await house.record({})
  const seen = await live.next('recorded')
  expect(seen.json.id).toBe(first?.id)
  live.close()

  const [second] = await house.record({})
  const again = await follow('/api/live', { 'last-event-id': String(seen.id) })
  expect((await again.next('recorded')).json.id).toBe(second?.id)
  const other = await follow(`/api/live?cursor=${seen.id}`)
  expect((await other.next('recorded')).json.id).toBe(second?.id)
})

test.each(['0badcafe-5', 'nonsense', '-1', `${'9'.repeat(30)}-1`])(
  'an unknown cursor (%s) is a gap, said at once',
  async (cursor) => {
    const live = await follow(`/api/live?cursor=${cursor}`)
    expect((await live.next('gap')).json).toEqual({ reason: 'cursor', missed: null })
  },
)

test('more than can be watched is cut to the newest, and says how many are missing', async () => {
  const live = await follow()
  await live.next('status')
  const stored = await house.record(...Array.from({ length: 250 }, () => ({})))
  const gap = await live.next('gap')
  expect(gap.json).toEqual({ reason: 'busy', missed: 150 })
  const ids = []
  for (let i = 0; i < 100; i++) ids.push((await live.next('recorded')).json.id)
  expect(ids).toEqual(stored.slice(150).map((call) => call.id))
})

test('a reader who takes nothing is let go with a gap, and can go on from there; others notice nothing', async () => {
  const slow = await follow()
  const quick = await follow()
  await slow.next('status')
  slow.pause()
  // Each event is large, so that the queue is full long before the number of events is: kernel buffers hold several MB.
  const large = { preview: 'x'.repeat(100_000) }
  let last = ''
  for (let i = 0; i < 30; i++) {
    const [, call] = await house.record(large, { ...large, preview: `${i}${'x'.repeat(200_000)}` })
    while ((await quick.next('recorded')).json.id !== call?.id);
    last = call?.id ?? ''
  }
  slow.resume()
  const got = await slow.rest()
  const words = got.at(-1)
  expect(words?.event).toBe('gap')
  expect(JSON.parse(words?.data ?? '')).toEqual({ reason: 'slow', missed: null })
  const seen = got.filter((event) => event.event === 'recorded')
  expect(words?.id).toBe(seen.at(-1)?.id)

  const again = await follow(`/api/live?cursor=${words?.id}`)
  let missed = 0
  for (;;) {
    missed++
    if ((await again.next('recorded')).json.id === last) break
  }
  expect(seen.length + missed).toBe(60)
})

test('a client that leaves is forgotten', async () => {
  const live = await follow()
  await live.next('status')
  live.close()
  const other = await follow()
  await other.next('status')
  await house.record({})
  expect((await other.next('recorded')).json.outcome).toBe('ok')
})

test('at shutdown live streams end by themselves', async () => {
  let draining = false
  const closing = await openHouse({ deps: { draining: () => draining } })
  const live = await openSse(closing.port)
  await live.next('status')
  draining = true
  await live.rest()
  await closing.close()
})
