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

test.each([
  ['model:gpt-*', true],
  ['model:claude-*', false],
  ['-provider:anthropic', true],
  ['provider:openai,anthropic tag.team:search', true],
  ['tag.team:""', false],
  ['cost:>0', false],
  ['status:""', true],
  ['has:tools', false],
  ['stream:no', true],
  ['app:~NODE', true],
  ['"chat/completions"', true],
  ['"refund policy"', false],
])('a running call is filtered too: %s', async (q, shown) => {
  const running = house.begin({ ...at(0), tags: { team: 'search' }, costNano: null })
  const reply = await house.get(`/api/calls?q=${encodeURIComponent(q)}`)
  expect(reply.status).toBe(200)
  expect(ids(reply)).toEqual(shown ? [running.id] : [])
  const outside = await house.get(`/api/calls?q=${encodeURIComponent(q)}&to=${T0}`)
  expect(ids(outside)).toEqual([])
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

test.each([
  ['/api/calls?limit=0', 'query.limit'],
  ['/api/calls?limit=501', 'query.limit'],
  ['/api/calls?limit=', 'query.limit'],
  ['/api/calls?limit=1e2', 'query.limit'],
  ['/api/calls?from=-1', 'query.from'],
  ['/api/calls?from=yesterday', 'query.from'],
  ['/api/calls?from=5&to=5', 'query.from'],
  ['/api/calls?q=modle:x', 'query.q'],
  ['/api/calls?q=status:abc', 'query.q'],
  [`/api/calls?q=${'x'.repeat(4001)}`, 'query.q'],
  ['/api/calls?order=random', 'query.order'],
  ['/api/calls?form=5', 'query'],
  ['/api/calls/1', 'param.id'],
  ['/api/calls/resp_abc', 'param.id'],
  ['/api/calls/..%2f..%2fetc%2fpasswd', 'param.id'],
  ["/api/calls/'%20or%20'1'='1", 'param.id'],
  ['/api/calls/%00', 'param.id'],
  [`/api/calls/${'a'.repeat(5000)}`, 'param.id'],
  ['/api/find?id=', 'query.id'],
  ['/api/calls/histogram?buckets=0', 'query.buckets'],
])('%s is refused with the place of the mistake', async (path, where) => {
  const reply = await house.get(path)
  expect(reply.status).toBe(400)
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.json).toMatchObject({ code: 'bad_input', status: 400, help: expect.any(String) })
  expect(reply.json.errors.map((it: { where: string }) => it.where)).toContain(where)
})

test('every mistake of a request is told at once', async () => {
  const { json } = await house.get('/api/calls?limit=x&from=y&order=z')
  expect(json.errors.map((it: { where: string }) => it.where).sort()).toEqual([
    'query.from',
    'query.limit',
    'query.order',
  ])
})

test('a cursor of our own making is refused by the query, as the client’s mistake', async () => {
  expect(await house.get('/api/calls?cursor=abc')).toMatchObject({ status: 400, json: { code: 'bad_input' } })
})

test('hostile ids find nothing and break nothing', async () => {
  await house.record({})
  for (const id of ["' or 1=1 --", '%_%', '"*" OR "a"', '\u0000', '\ud800', '🦆', '../../x', 'a'.repeat(512)]) {
    const reply = await house.get(`/api/find?id=${encodeURIComponent(id.toWellFormed())}`)
    expect([id, reply.status, reply.json]).toEqual([id, 200, []])
  }
})

test('what the API answers is not kept by anybody and not guessed at', async () => {
  const { headers } = await house.get('/api/calls')
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
  })
})
