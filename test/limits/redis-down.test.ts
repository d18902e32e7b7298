// Redis away: calls pass or are refused, as configured; it is told plainly, and what passed is counted when Redis is back.
import { expect, test } from 'vitest'
import { openRedis } from '../../server/redis/redis.ts'
import { aCharge, anAsk, describeRedis, openRedisHouse, refusalOf } from './support.ts'

const LIMITS = [{ on: 'team', per: 'day', requests: 2 }]

describeRedis((create, server) => {
  test('fail_open: calls pass unchecked, and count once Redis is back; fail_closed: they are refused until then', async () => {
    const redis = create()
    const open = await openRedisHouse(LIMITS, { redis })
    const closed = await openRedisHouse(LIMITS, { redis, whenDown: 'fail_closed' })
    await server().stop()
    await expect.poll(() => [open.redis.state().up, closed.redis.state().up]).toEqual([false, false])

    const asks = Array.from({ length: 3 }, () => anAsk())
    for (const ask of asks) open.ledger.finish(await open.ledger.reserve(ask), true)
    expect(open.ledger.counters()).toEqual({ unchecked: 3, lost: 0 })
    open.ledger.settle(asks.map((ask) => ({ id: ask.callId, charge: aCharge(ask) })))
    await expect(open.ledger.budgets()).rejects.toThrow('Redis failed')

    const refused = await refusalOf(() => closed.ledger.reserve(anAsk()))
    expect(refused).toMatchObject({ code: 'limits_unavailable', status: 503, headers: { 'retry-after': '1' } })
    // No limit that could refuse it concerns this one.
    expect(await refusalOf(() => closed.ledger.reserve(anAsk({ team: null })))).toBeNull()
    closed.configure([{ ...LIMITS[0], action: 'alert' }])
    expect(await refusalOf(() => closed.ledger.reserve(anAsk()))).toBeNull()
    expect(closed.redis.state().problem).toMatch(
      /^Redis failed: .+\. Check that it runs where redis in weir\.yaml says/,
    )

    await server().start()
    await expect.poll(async () => (await open.ledger.budgets().catch(() => []))[0]?.used).toBe(3)
    await expect.poll(() => closed.redis.state()).toMatchObject({ up: true, problem: null })
    closed.configure(LIMITS)
    expect(await refusalOf(() => closed.ledger.reserve(anAsk()))).toMatchObject({ code: 'rate_limited' })
  })

  test('a Redis that forgot its leases is told of them again', async () => {
    const house = await openRedisHouse([{ on: 'team', concurrency: 2 }], { redis: create() })
    await house.ledger.reserve(anAsk())
    await server().stop()
    await expect.poll(() => house.redis.state().up).toBe(false)
    await server().start()
    await expect.poll(async () => (await house.ledger.budgets().catch(() => []))[0]?.used).toBe(1)
    expect(await refusalOf(() => house.ledger.reserve(anAsk()))).toBeNull()
    expect(await refusalOf(() => house.ledger.reserve(anAsk()))).toMatchObject({ code: 'rate_limited' })
  })

  test('a Redis that keeps its connections but answers nothing holds up no call for long, and none after the first', async () => {
    const redis = await openRedis({ url: create(), timeoutMs: 300 })
    server().freeze()
    await expect(redis.call('PING')).rejects.toThrow('timed out')
    expect(redis.state().up).toBe(false)
    // At once: not a command of it was sent.
    const { failures } = redis.state()
    await expect(redis.call('PING')).rejects.toThrow('Redis failed')
    expect(redis.state().failures).toBe(failures)
    server().goOn()
    await expect.poll(() => redis.state().up).toBe(true)
    await redis.close()
  })

  test('an answer that is an error is no absence, and is told', async () => {
    const house = await openRedisHouse(LIMITS, { redis: create(), whenDown: 'fail_closed' })
    const limit = (bytes: number) => house.redis.call('CONFIG', 'SET', 'maxmemory', bytes)
    await limit(1)
    expect(await refusalOf(() => house.ledger.reserve(anAsk()))).toMatchObject({ code: 'limits_unavailable' })
    expect(house.redis.state()).toMatchObject({ up: true, problem: expect.stringContaining('OOM') })
    await limit(0)
    expect(await refusalOf(() => house.ledger.reserve(anAsk()))).toBeNull()
  })
})
