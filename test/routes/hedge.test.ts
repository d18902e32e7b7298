// Hedging: a target that sends no header for a while gets company. Who answers first is the answer; the other is ended and says so.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, chatStream, stream } from '../support/provider.ts'
import { callId, fails, type House, ok, openHouse, TOKEN } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
  // Limits ask a reader thread, which takes a while to start.
  await house.weir.api('/calls')
})
afterAll(() => house.close())

const route = { hedge: { after: '40ms' } }

/** An answer that waits until the test says so; `asked` settles when the request is there, `left` when it was ended. */
function held(then: Answer = ok()) {
  const asked = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const answer: Answer = async (seen, response, incoming) => {
    response.on('close', () => !response.writableFinished && left.resolve())
    asked.resolve()
    await go.promise
    if (!response.destroyed) await then(seen, response, incoming)
  }
  return { answer, asked: asked.promise, left: left.promise, go: go.resolve }
}

test('the second is asked beside a slow first, answers, and the first is ended', async () => {
  const first = held()
  house.setUp({ answers: [first.answer, ok('from b')], route })
  const response = await house.ask()
  expect(response.headers.get('x-weir-target')).toBe(`b/${house.model('b')}`)
  expect(await response.text()).toContain('from b')
  await first.left
  expect(house.fakes[1]!.last().json.model).toBe(house.model('b'))
  const row = await house.weir.recorded(callId(response))
  expect(row).toMatchObject({ outcome: 'ok', provider: 'b', model: house.model('b'), target: `b/${house.model('b')}` })
  expect(row.attempts).toMatchObject([
    { n: 1, status: null, usage: null, error: expect.stringContaining('answered first, so this try was ended') },
    { n: 2, status: 200, error: null, usage: { input: 12, output: 5 } },
  ])
  expect(row.attempts[0]!.reason).toMatch(/; ended after \d+ ms, because b\/\S+ answered first$/)
  expect(row.attempts[1]!.reason).toMatch(/^beside a\/\S+, slower than 40 ms: next: strategy first/)
  const [item] = (await house.weir.api('/routes')).routes
  expect(item.targets.map(({ state, inFlight }: any) => [state, inFlight])).toEqual([
    ['ok', 0],
    ['ok', 0],
  ])
})

test('the first may still win: then the call is its own in every word, and the second is ended', async () => {
  const first = held(ok('from a'))
  const second = held()
  house.setUp({ answers: [first.answer, second.answer], route })
  const asking = house.ask()
  await second.asked
  first.go()
  const response = await asking
  expect(response.headers.get('x-weir-target')).toBe(`a/${house.model('a')}`)
  expect(await response.text()).toContain('from a')
  await second.left
  const row = await house.weir.recorded(callId(response))
  expect(row).toMatchObject({ provider: 'a', model: house.model('a'), target: `a/${house.model('a')}` })
  expect(row.changes.map(({ what }) => what)).toContain(`model "fast" → "${house.model('a')}"`)
  expect(row.attempts.map(({ n, status }) => [n, status])).toEqual([
    [1, 200],
    [2, null],
  ])
})

test('a stream too: its bytes are one target’s alone', async () => {
  const first = held(stream(chatStream(['late'])))
  const pieces = chatStream(['Hi', ' you'])
  house.setUp({ answers: [first.answer, stream(pieces)], route })
  const response = await house.ask({ stream: true })
  expect(await response.text()).toBe(pieces.join(''))
  await first.left
})

test('who answers in time has no company', async () => {
  house.setUp({ answers: [ok('quick'), ok()], route: { hedge: { after: '1h' } } })
  const response = await house.ask()
  expect(await response.text()).toContain('quick')
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('a failure waits for the other', async () => {
  const first = held(fails(503))
  const second = held(ok('from b'))
  house.setUp({ answers: [first.answer, second.answer], route })
  const asking = house.ask()
  await second.asked
  first.go()
  // Its 503 has come when the connection is free again; the client has nothing yet.
  second.go()
  const response = await asking
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('from b')
})

test('when both fail the last failure passes, or the third target answers', async () => {
  const both = () => [held(fails(503)), held(fails(500))] as const
  const [a, b] = both()
  house.setUp({ answers: [a.answer, b.answer], route })
  const asking = house.ask()
  await b.asked
  a.go()
  b.go()
  expect([500, 503]).toContain((await asking).status)

  const [c, d] = both()
  house.setUp({ answers: [c.answer, d.answer, ok('from c')], route })
  const again = house.ask()
  await d.asked
  c.go()
  d.go()
  const response = await again
  expect(await response.text()).toContain('from c')
  expect(response.headers.get('x-weir-attempts')).toBe('3')
  expect((await house.weir.recorded(callId(response))).attempts.map(({ status }) => status)).toEqual([503, 500, 200])
})

test('a client that leaves ends both', async () => {
  const [first, second] = [held(), held()]
  house.setUp({ answers: [first.answer, second.answer], route })
  const stop = new AbortController()
  const asking = house.ask({}, { signal: stop.signal }).catch(() => null)
  await second.asked
  stop.abort()
  await Promise.all([asking, first.left, second.left])
})

test.each([
  ['state that belongs to an account', { conversation: 'conv_1' }, {}],
  ['a route that does not say so', {}, { hedge: undefined }],
])('never for %s', async (_, body, more) => {
  const first = held(ok('alone'))
  house.setUp({ answers: [first.answer, ok()], route: { ...route, ...more } })
  const asking = house.ask(body)
  await first.asked
  // Longer than `after`: what would come has come.
  await new Promise((resolve) => setTimeout(resolve, 200))
  first.go()
  expect(await (await asking).text()).toContain('alone')
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('never for a body that flows by', async () => {
  const first = held(ok('alone'))
  house.setUp({ answers: [first.answer, ok()], route: { ...route, targets: ['a', 'b'] } })
  const form = new FormData()
  form.set('file', new Blob(['sound']), 'a.wav')
  const asking = fetch(`${house.weir.url}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'x-weir-route': 'fast' },
    body: form,
  })
  await first.asked
  await new Promise((resolve) => setTimeout(resolve, 200))
  first.go()
  await (await asking).text()
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('the second takes of limits like a call of its own: without room it is not asked, and what it might cost stands', async () => {
  const limits = [{ on: 'user', name: 'ann', per: 'month', requests: 3 }]
  const headers = { 'x-weir-user': 'ann' }
  house.setUp({ answers: [held().answer, ok('from b')], route, config: { limits } })
  const first = await house.ask({}, { headers })
  await first.text()
  await house.weir.recorded(callId(first))
  expect((await house.weir.api('/budgets')).items).toMatchObject([{ used: 2, reserved: 0 }])

  const slow = held(ok('alone'))
  house.fakes[0]!.answer(slow.answer)
  const asking = house.ask({}, { headers })
  await slow.asked
  await new Promise((resolve) => setTimeout(resolve, 200))
  slow.go()
  const response = await asking
  expect(await response.text()).toContain('alone')
  const row = await house.weir.recorded(callId(response))
  expect(row.attempts.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('nobody was asked beside it: rate_limited'),
  ])
})
