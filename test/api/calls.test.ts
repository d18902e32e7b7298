// The list that people look at all day: newest first, page by page, with what runs now on top, and no call twice or lost between.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { call as callSchema } from '../../server/api/schema/call.ts'
import { callList } from '../../server/api/schema/answers.ts'
import { openHouse, toCall, type House } from './house.ts'

let house: House
beforeEach(async () => {
  house = await openHouse()
})
afterEach(() => house.close())

const T0 = Date.now() - 3_600_000
const at = (seconds: number) => ({ startedAt: T0 + seconds * 1000 })
const ids = (reply: { json: { items: { id: string }[] } }) => reply.json.items.map((item) => item.id)

test('pages follow each other without a gap or a double, and answers are as the document says', async () => {
  const stored = await house.record(...Array.from({ length: 25 }, (_, i) => at(i)))
  const newestFirst = stored.map((call) => call.id).reverse()
  const first = await house.get('/api/calls?limit=10')
  expect(callList.parse(first.json)).toEqual(first.json)
  const second = await house.get(`/api/calls?limit=10&cursor=${encodeURIComponent(first.json.next)}`)
  const third = await house.get(`/api/calls?limit=10&cursor=${encodeURIComponent(second.json.next)}`)
  expect([...ids(first), ...ids(second), ...ids(third)]).toEqual(newestFirst)
  expect(third.json.next).toBeNull()
  expect(ids(await house.get('/api/calls?order=oldest&limit=3'))).toEqual(newestFirst.reverse().slice(0, 3))
  expect(ids(await house.get(`/api/calls?from=${T0 + 5000}&to=${T0 + 7000}`))).toEqual([stored[6]?.id, stored[5]?.id])
})

test('running calls stand on top of the first page only, and give way to their row', async () => {
  const [stored] = await house.record(at(0))
  const running = house.begin(at(10))
  expect(ids(await house.get('/api/calls'))).toEqual([running.id, stored?.id])
  const first = await house.get('/api/calls?limit=1')
  expect(first.json.items[0]).toMatchObject({ id: running.id, outcome: 'running', durationMs: null })
  expect(first.json.items[0]).not.toHaveProperty('attempts')

  house.end(running.id)
  expect(ids(await house.get('/api/calls'))).toEqual([running.id, stored?.id])
  await house.record({ ...running, outcome: 'ok' })
  const after = await house.get('/api/calls')
  expect(after.json.items.map((it: { id: string; outcome: string }) => [it.id, it.outcome])).toEqual([
    [running.id, 'ok'],
    [stored?.id, 'ok'],
  ])
})

test('one call has everything, also while it runs and until it is stored', async () => {
  const running = house.begin()
  expect(await house.get(`/api/calls/${running.id}`)).toMatchObject({
    status: 202,
    json: { id: running.id, outcome: 'running' },
  })
  house.end(running.id)
  expect((await house.get(`/api/calls/${running.id}`)).status).toBe(202)
  await house.record({ ...running, outcome: 'ok' })
  const stored = await house.get(`/api/calls/${running.id.toUpperCase()}`)
  expect(stored.status).toBe(200)
  expect(callSchema.parse(stored.json)).toEqual(stored.json)
  expect(stored.json).toMatchObject({
    attempts: [{ target: 'openai' }],
    usageRaw: { prompt_tokens: 12 },
    outcome: 'ok',
  })
})

test('a call that was asked for before anybody followed what ends is waited for, not denied', async () => {
  const call = toCall({})
  const asked = house.get(`/api/calls/${call.id}`)
  await house.record(call)
  expect((await asked).status).toBe(200)
})

test('count, histogram, and ids of every kind', async () => {
  await house.record({ ...at(0), sessionId: 'session-7' }, { ...at(1), outcome: 'error', status: 500 }, at(2))
  expect((await house.get('/api/calls/count?q=outcome:ok')).json).toEqual({ count: 2, capped: false })
  const histogram = await house.get(`/api/calls/histogram?from=${T0 - 1000}&to=${T0 + 9000}&buckets=10`)
  const sum = (what: 'calls' | 'errors') => histogram.json.points.reduce((n: number, point: any) => n + point[what], 0)
  expect([sum('calls'), sum('errors')]).toEqual([3, 1])
  expect((await house.get('/api/find?id=session-7')).json).toEqual([{ kind: 'session', id: 'session-7' }])
  expect((await house.get('/api/find?id=nobody-has-this')).json).toEqual([])
})

test('canceling ends what runs, and says so of what does not', async () => {
  const running = house.begin({ sessionId: 'agent/1 ?#' })
  const cancel = (path: string) => house.send({ path, method: 'POST' })
  expect((await cancel(`/api/calls/${running.id}/cancel`)).json).toEqual({ canceled: 1 })
  expect((await cancel(`/api/sessions/${encodeURIComponent('agent/1 ?#')}/cancel`)).json).toEqual({ canceled: 1 })
  expect((await cancel('/api/sessions/other/cancel')).json).toEqual({ canceled: 0 })
  expect(house.canceled).toEqual([running.id, running.id])

  house.end(running.id)
  await house.record({ ...running, outcome: 'error' })
  expect(await cancel(`/api/calls/${running.id}/cancel`)).toMatchObject({ status: 409, json: { code: 'not_running' } })
  expect((await cancel('/api/calls/01900000-0000-7000-8000-000000000000/cancel')).status).toBe(404)
  expect((await house.send({ path: `/api/calls/${running.id}/cancel`, method: 'GET' })).status).toBe(404)
})

test('outcome:running finds the calls that run, and only them', async () => {
  await house.record({ outcome: 'ok' })
  const running = house.begin()
  const list = await house.get('/api/calls?q=outcome:running')
  expect(list.json.items.map(({ id }: { id: string }) => id)).toEqual([running.id])
  expect((await house.get('/api/calls?q=-outcome:running')).json.items).toHaveLength(1)
})
