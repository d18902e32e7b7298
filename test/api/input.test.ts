// What the API is asked in wrong, hostile or narrow ways: every mistake is named with its place, and nothing breaks.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Call } from '../../server/call.ts'
import { openHouse, type House } from './house.ts'

let house: House
let running: Call
const T0 = Date.now() - 3_600_000
const ids = (reply: { json: { items: { id: string }[] } }) => reply.json.items.map((item) => item.id)
beforeAll(async () => {
  house = await openHouse()
  running = house.begin({ startedAt: T0, tags: { team: 'search' }, costNano: null })
})
afterAll(() => house.close())

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
  const reply = await house.get(`/api/calls?q=${encodeURIComponent(q)}`)
  expect(reply.status).toBe(200)
  expect(ids(reply)).toEqual(shown ? [running.id] : [])
  const outside = await house.get(`/api/calls?q=${encodeURIComponent(q)}&to=${T0}`)
  expect(ids(outside)).toEqual([])
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
