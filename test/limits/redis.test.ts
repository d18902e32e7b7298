// Several Weirs on one Redis: what they let through together, what becomes of a Weir that dies, and of a Redis that does.
import { expect, test } from 'vitest'
import { aCharge, anAsk, describeRedis, NOON, openRedisHouse, refusalOf } from './support.ts'

describeRedis((create) => {
  test('of a thousand calls at once over two Weirs exactly as many pass as there is room for', async () => {
    const redis = create()
    const limits = [
      { on: 'global', per: 'month', zone: 'Europe/Berlin', requests: 137 },
      { on: 'team', per: { rolling: '1h' }, tokens: 200 * 100 },
      { on: 'user', concurrency: 40 },
    ]
    const houses = await Promise.all([openRedisHouse(limits, { redis }), openRedisHouse(limits, { redis })])
    const asks = Array.from({ length: 1000 }, (_, i) => anAsk({ team: `team-${i % 3}`, user: `user-${i % 7}` }))
    const results = await Promise.all(asks.map((ask, i) => refusalOf(() => houses[i % 2]!.ledger.reserve(ask))))
    expect(results.filter((error) => error === null).length).toBe(137)
    for (const { ledger } of houses) {
      const items = await ledger.budgets()
      const countOn = (on: string) =>
        items.filter(({ limit }) => limit.on === on).map((item) => item.used + item.reserved)
      const sumOn = (on: string) => countOn(on).reduce((a, b) => a + b)
      // What was refused by one limit has taken nothing of the others.
      expect(countOn('global')).toEqual([137])
      expect(sumOn('team')).toBe(137 * 200)
      expect(sumOn('user')).toBe(137)
    }
  })

  test('a call that is settled twice counts once, also by the Weir that comes after a killed one', async () => {
    const redis = create()
    const limits = [
      { on: 'team', per: 'month', cost: 1 },
      { on: 'global', per: { rolling: '24h' }, requests: 9 },
    ]
    const first = await openRedisHouse(limits, { redis })
    const asks = [anAsk(), anAsk()]
    for (const ask of asks) await first.ledger.reserve(ask)
    await first.settle([{ id: asks[0]!.callId, charge: aCharge(asks[0]!) }])
    const second = await openRedisHouse(limits, { redis })
    const stored = [...asks, anAsk()].map((ask) => ({ id: ask.callId, charge: aCharge(ask) }))
    await second.settle(stored)
    await Promise.all([first.settle(stored), second.settle(stored)])
    // The third was not reserved: the limit came after it, or Redis was away.
    const items = await second.ledger.budgets()
    expect(items.map(({ limit, used, reserved }) => [limit.unit, used, reserved])).toEqual([
      ['requests', 3, 0],
      ['cost', 0.15, 0],
    ])
  })

  test('the slots of a killed Weir come free when their leases end; those of a living one do not', async () => {
    const redis = create()
    const clock = { now: NOON }
    const limits = [{ on: 'team', concurrency: 3 }]
    const [killed, living] = [
      await openRedisHouse(limits, { redis, clock }),
      await openRedisHouse(limits, { redis, clock }),
    ]
    await killed.ledger.reserve(anAsk())
    await killed.ledger.reserve(anAsk())
    const running = await living.ledger.reserve(anAsk())
    for (let i = 0; i < 5; i++) {
      clock.now += 10_000
      await living.ledger.beat()
      if (i < 2) expect(await refusalOf(() => living.ledger.reserve(anAsk()))).toMatchObject({ code: 'rate_limited' })
    }
    const passed = await Promise.all(Array.from({ length: 4 }, () => refusalOf(() => living.ledger.reserve(anAsk()))))
    expect(passed.map((error) => error?.code ?? 'passed').sort()).toEqual([
      'passed',
      'passed',
      'rate_limited',
      'rate_limited',
    ])
    living.ledger.finish(running, true)
    expect(await refusalOf(() => living.ledger.reserve(anAsk()))).toBeNull()
  })

  test('no key is left behind for ever, and scripts that Redis has forgotten are sent again', async () => {
    const house = await openRedisHouse(
      [
        { on: 'team', per: 'week', requests: 5, cost: 5 },
        { on: 'user', per: { rolling: '1h' }, tokens: 1000 },
        { on: 'global', concurrency: 5 },
      ],
      { redis: create() },
    )
    const ask = anAsk({ user: 'ada' })
    await house.ledger.reserve(ask)
    await house.redis.call('SCRIPT', 'FLUSH')
    await house.ledger.reserve(anAsk({ user: 'ada' }))
    await house.settle([{ id: ask.callId, charge: aCharge(ask) }])
    await house.ledger.beat()
    const keys = (await house.redis.call('KEYS', '*')) as string[]
    expect(keys.length).toBeGreaterThan(8)
    for (const key of keys) {
      expect(key).toMatch(/^weir:\{limits\}:/)
      expect(await house.redis.call('PTTL', key)).toBeGreaterThan(0)
    }
    expect((await house.ledger.budgets()).length).toBe(4)
  })
})
