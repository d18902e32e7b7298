// Which target is tried first: strategies, sessions that stay where they are, rules.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHealth, learn } from '../../server/policy/health.ts'
import type { RuleFacts } from '../../server/policy/rule.ts'
import { fastest } from '../../server/policy/strategies/fastest.ts'
import type { RouteTarget } from '../../server/policy/targets.ts'
import { seeded } from '../support/random.ts'
import { chatStream, stream } from '../support/provider.ts'
import { callId, fails, type House, ok, openHouse } from './house.ts'

let now = Date.UTC(2026, 0, 1)
const random = seeded(7)
let house: House
beforeAll(async () => void (house = await openHouse({ now: () => now, random })))
afterAll(() => house.close())

const askAll = async (count: number, body = {}, headers = {}) => {
  for (let i = 0; i < count; i++) await (await house.ask(body, { headers })).text()
}
const seen = () => house.fakes.map(({ requests }) => requests.length)
const reset = () => house.fakes.forEach(({ requests }) => (requests.length = 0))

test('weighted: each target gets its share, a canary its few percent, weight 0 nothing', async () => {
  house.setUp({
    answers: [ok(), ok(), ok()],
    route: { strategy: 'weighted' },
    targets: [{ weight: 90 }, { weight: 10 }, { weight: 0 }],
  })
  await askAll(300)
  const [a, b, c] = seen()
  expect(a! + b!).toBe(300)
  expect(b).toBeGreaterThan(15)
  expect(b).toBeLessThan(48)
  expect(c).toBe(0)
})

test('a session stays where it is, also after its target has failed and come back; a silent one is free again', async () => {
  house.setUp({ answers: [ok(), ok()] })
  const headers = { 'x-weir-session': 's1' }
  await askAll(2, {}, headers)
  expect(seen()).toEqual([2, 0, 0])
  house.fakes[0]!.answer(fails(500))
  await askAll(1, {}, headers)
  house.fakes[0]!.answer(ok())
  reset()
  await askAll(2, {}, headers)
  expect(seen()).toEqual([0, 2, 0])
  await askAll(1, {}, { 'x-weir-session': 's2' })
  expect(seen()).toEqual([1, 2, 0])
  const call = await house.weir.recorded(callId(await house.ask({}, { headers })))
  expect(call.attempts[0]!.reason).toBe('tried first: its session is there')
  now += 11 * 60_000
  reset()
  await askAll(1, {}, headers)
  expect(seen()).toEqual([1, 0, 0])
})

test('a session is found in the body too; sticky: false forgets it', async () => {
  const body = { metadata: { session_id: 'from-body' } }
  house.setUp({ answers: [ok(), ok(), ok()], route: { strategy: 'weighted' } })
  await askAll(12, body)
  expect(seen().toSorted()).toEqual([0, 0, 12])
  house.setUp({ answers: [ok(), ok(), ok()], route: { strategy: 'weighted', sticky: false } })
  await askAll(12, body)
  expect(seen().filter((count) => count > 0).length).toBeGreaterThan(1)
})

test('least-busy goes where fewer calls are under way', async () => {
  house.setUp({ answers: [() => {}, ok()], route: { strategy: 'least-busy' } })
  const gone = new AbortController()
  const hanging = house.ask({}, { signal: gone.signal }).catch(() => null)
  while (house.fakes[0]!.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await askAll(3)
  expect(seen()).toEqual([1, 3, 0])
  gone.abort()
  await hanging
})

test('fastest measures every target first, prefers the earliest first byte, and measures each again after a minute', async () => {
  house.setUp({ answers: [stream(chatStream()), stream(chatStream())], route: { strategy: 'fastest' } })
  await askAll(2, { stream: true })
  expect(seen()).toEqual([1, 1, 0])

  const known = { slow: createHealth(), quick: createHealth() }
  learn(known.slow.firstByte, 900, 1000)
  learn(known.quick.firstByte, 90, 61_000)
  const order = (at: number) => {
    const targets = ['slow', 'quick'].map((name) => ({ name }) as RouteTarget)
    const health = ({ name }: RouteTarget) => known[name as keyof typeof known]
    const facts = { stream: true } as RuleFacts
    return fastest.order({ targets, facts, health, random, now: at }).map(({ name }) => name)
  }
  expect(order(60_000)).toEqual(['quick', 'slow'])
  expect(order(61_001)).toEqual(['slow', 'quick'])
})

test('cheapest learns from priced calls', async () => {
  house.setUp({
    answers: [ok(), ok()],
    route: { strategy: 'cheapest' },
    config: {
      prices: [
        { provider: 'a', model: '*', inputPerMillion: 10, outputPerMillion: 10 },
        { provider: 'b', model: '*', inputPerMillion: 1, outputPerMillion: 1 },
      ],
    },
  })
  for (let i = 0; i < 2; i++) await house.weir.recorded(callId(await house.ask()))
  expect(seen()).toEqual([1, 1, 0])
  await askAll(3)
  expect(seen()).toEqual([1, 4, 0])
})

test('rules: by tag, header, size, tools, images, model; what has no condition takes the rest', async () => {
  const by = async (when: Record<string, unknown>, body: Record<string, unknown>, headers = {}) => {
    house.setUp({ answers: [ok(), ok()], route: { strategy: 'rules' }, targets: [{ when }] })
    await askAll(1, body, headers)
    await askAll(1)
    return seen()
  }
  const taken = [1, 1, 0]
  expect(await by({ tag: { feature: 'sea*' } }, {}, { 'x-weir-tag-feature': 'search' })).toEqual(taken)
  expect(await by({ header: { 'x-task': 'summarise' } }, {}, { 'x-task': 'summarise' })).toEqual(taken)
  expect(await by({ overBytes: '2KiB' }, { padding: 'x'.repeat(4000) })).toEqual(taken)
  expect(await by({ tools: true }, { tools: [{ type: 'function', function: { name: 'f' } }] })).toEqual(taken)
  expect(await by({ stream: true }, { stream: true })).toEqual(taken)
  const image = { type: 'image_url', image_url: { url: 'https://x/y.png' } }
  expect(await by({ images: true }, { messages: [{ role: 'user', content: [image] }] })).toEqual(taken)
})
