// Sessions as the API tells them: the list and its filter, one session step by step, its export, and where a call stands in it.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sessionList, sessionPage, stepPlace } from '../../server/api/schema/sessions.ts'
import { call as callSchema } from '../../server/api/schema/call.ts'
import { openHouse, type House } from './house.ts'

const DAY = 86_400_000
let house: House
/** One Weir for all: each test has a day and a session of its own. */
let T0 = Date.UTC(2026, 2, 1, 12)
let id = ''
beforeAll(async () => void (house = await openHouse()))
beforeEach(() => {
  T0 += DAY
  id = `refund-${T0 / DAY}`
})
afterAll(() => house.close())

const turn = (n: number, part: object = {}) => ({
  startedAt: T0 + n * 1000,
  durationMs: 400,
  sessionId: id,
  sessionSource: 'header x-weir-session',
  lane: 'main',
  turn: n + 1,
  newFrom: 2 * n,
  responseModel: null,
  usage: { input: 100 * (n + 1), cacheRead: 50, output: 10 },
  costNano: 1_000_000,
  ...part,
})
const list = async (query = '') => {
  const range = /\b(from|to)=/.test(query) ? '' : `&from=${T0}&to=${T0 + DAY / 2}`
  const { json, status } = await house.get(`/api/sessions?${query}${range}`)
  expect([status, json]).toEqual([200, expect.anything()])
  return sessionList.parse(json)
}
const ids = async (q: string) => (await list(`q=${encodeURIComponent(q)}`)).items.map((item) => item.id).sort()

test('a session is told with its sums, its agents, what it was about and how its context grew', async () => {
  const [first] = await house.record(turn(0, { user: 'ann', app: 'shop', preview: 'first' }))
  await house.record(
    turn(1, { lane: '5d0c9f2ab1', turn: 1, parentId: first!.id, usage: { input: 7, output: 1 }, model: 'small' }),
    turn(2, { outcome: 'error', status: 500, usage: null, costNano: null, errorMessage: 'Overloaded', preview: null }),
    turn(3, { preview: 'last words', costNano: null }),
    turn(4, { auxiliary: true, turn: null, operation: 'count_tokens', usage: null, costNano: 0, preview: '12' }),
  )
  const { items, next } = await list()
  expect(next).toBeNull()
  expect(items).toEqual([
    expect.objectContaining({
      id,
      source: 'header x-weir-session',
      startedAt: T0,
      lastAt: T0 + 4000,
      calls: 5,
      turns: 4,
      lanes: 2,
      errors: 1,
      costNano: 2_000_000,
      unpriced: 1,
      inputTokens: 150 + 7 + 450,
      cacheRead: 100,
      findings: [],
      user: 'ann',
      app: 'shop',
      preview: 'last words',
      growth: [150, 450],
    }),
  ])
  expect(items[0]!.models).toContain('small')
  const page = sessionPage.parse((await house.get(`/api/sessions/${id}`)).json)
  expect(page.session).toEqual(items[0])
  expect(page.running).toBe(0)
  expect(page.lanes).toMatchObject([
    { lane: 'main', parentLane: null, name: 'main', calls: 4 },
    { lane: '5d0c9f2ab1', parentLane: 'main', name: 'agent 2', calls: 1 },
  ])
  expect(page.steps.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4].map((n) => T0 + n * 1000))
  expect(page.steps[0]).toMatchObject({
    callId: first!.id,
    inputTokens: 150,
    outputTokens: 10,
    cacheRead: 50,
    newFrom: 0,
  })
  expect(page.steps[2]).toMatchObject({ inputTokens: null, unpriced: false, errorMessage: 'Overloaded' })
  expect(page.steps[3]).toMatchObject({ costNano: null, unpriced: true })
})

test('those with the latest call come first, page by page; a range finds what was active in it', async () => {
  for (let n = 0; n < 7; n++)
    await house.record(turn(n, { sessionId: `s-${n}` }), turn(n + 100, { sessionId: `s-${n}` }))
  const first = await list('limit=4')
  expect(first.items.map((item) => item.id)).toEqual(['s-6', 's-5', 's-4', 's-3'])
  const second = await list(`limit=4&cursor=${encodeURIComponent(first.next!)}`)
  expect(second.items.map((item) => item.id)).toEqual(['s-2', 's-1', 's-0'])
  expect(second.next).toBeNull()
  expect((await list(`from=${T0 + 104_500}&to=${T0 + DAY}`)).items.length).toBe(2)
  expect((await list(`from=${T0}&to=${T0 + 2_500}`)).items.length).toBe(3)
  expect((await house.get('/api/sessions?cursor=nonsense')).status).toBe(400)
  expect((await house.get('/api/sessions?q=modle:x')).status).toBe(400)
})

test('the filter asks the calls of a session, and sums of the whole', async () => {
  await house.record(
    turn(0, { sessionId: 'a', model: 'gpt-5.1', provider: 'openai', user: 'ann', key: 'web', tags: { env: 'prod' } }),
    turn(9, { sessionId: 'a', model: 'small', user: 'ann', searchText: 'the refund policy of airlines' }),
    turn(1, { sessionId: 'b', model: 'claude', provider: 'anthropic', outcome: 'error', status: 529, user: null }),
    turn(2, { sessionId: 'b', model: 'gpt-5.1', provider: 'azure', costNano: 3_000_000_000, user: null }),
    turn(3, { sessionId: 'c*', model: 'llama', app: 'curl', toolCalls: ['f'], user: 'eve', costNano: null }),
  )
  expect(await ids('model:gpt-5.1')).toEqual(['a', 'b'])
  // One and the same call must fit.
  expect(await ids('model:gpt-5.1 provider:openai')).toEqual(['a'])
  expect(await ids('model:small provider:azure')).toEqual([])
  expect(await ids('-model:gpt*')).toEqual(['c*'])
  expect(await ids('model:!=claude')).toEqual(['a', 'c*'])
  expect(await ids('user:""')).toEqual(['b'])
  expect(await ids('-user:""')).toEqual(['a', 'c*'])
  expect(await ids('key:web tag.env:prod')).toEqual(['a'])
  expect(await ids('has:error')).toEqual(['b'])
  expect(await ids('has:toolcalls app:curl')).toEqual(['c*'])
  expect(await ids('cost:>1')).toEqual(['b'])
  expect(await ids('duration:>5s')).toEqual(['a'])
  expect(await ids('unpriced:yes')).toEqual(['c*'])
  expect(await ids('session:b')).toEqual(['b'])
  expect(await ids('refund airlines')).toEqual(['a'])
  expect(await ids('refund model:gpt-5.1')).toEqual([])
  expect(await ids('nowhere')).toEqual([])
  expect(await ids('finding:""')).toEqual(['a', 'b', 'c*'])
  expect(await ids('finding:repeat')).toEqual([])
})

test('many steps come in pages without gap or repeat, also where calls began in the same millisecond', async () => {
  const calls = Array.from({ length: 1_201 }, (_, n) => turn(Math.floor(n / 3), { turn: n + 1 }))
  await house.record(...calls)
  const seen: string[] = []
  let next: string | null = null
  let pages = 0
  do {
    const page = sessionPage.parse(
      (await house.get(`/api/sessions/${id}${next ? `?cursor=${encodeURIComponent(next)}` : ''}`)).json,
    )
    expect(page.steps.length).toBeLessThanOrEqual(500)
    seen.push(...page.steps.map(({ callId }) => callId))
    next = page.next
    pages++
  } while (next)
  expect([pages, seen.length, new Set(seen).size]).toEqual([3, 1_201, 1_201])
  const { items } = await list()
  expect(items[0]!.growth.length).toBe(24)
})

test('the export is every call of this session as a line, and of no other', async () => {
  const stored = await house.record(...Array.from({ length: 450 }, (_, n) => turn(n, { sessionId: 'a*/b' })))
  await house.record(turn(5, { sessionId: 'a-and/b' }))
  const reply = await house.get(`/api/sessions/${encodeURIComponent('a*/b')}/export?format=jsonl`)
  expect(reply.headers['content-type']).toBe('application/jsonl')
  expect(reply.headers['content-disposition']).toBe('attachment; filename="weir-session-a_b.jsonl"')
  const calls = reply.text
    .trimEnd()
    .split('\n')
    .map((line) => callSchema.parse(JSON.parse(line)))
  expect(calls.map((call) => call.id)).toEqual(stored.map((call) => call.id))
})

test('a call knows its place in its session', async () => {
  const [a, b, c] = await house.record(turn(0), turn(1), turn(2))
  const place = async (callId: string) => stepPlace.parse((await house.get(`/api/sessions/${id}/place/${callId}`)).json)
  expect(await place(a!.id)).toEqual({ step: 1, steps: 3, previous: null, next: b!.id })
  expect(await place(b!.id)).toEqual({ step: 2, steps: 3, previous: a!.id, next: c!.id })
  expect((await house.get(`/api/sessions/other/place/${a!.id}`)).status).toBe(404)
})

test('what is not there is said so', async () => {
  for (const path of ['/api/sessions/none', '/api/sessions/none/export'])
    expect(await house.get(path)).toMatchObject({ status: 404, json: { code: 'not_found' } })
})
