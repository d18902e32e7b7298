// Two Weirs, one Redis: a limit is one limit for both; what one learns of a call's cost the other sees; Redis away is told.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startRedis, type TestRedis, whyNoRedis } from '../support/redis.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

const reason = whyNoRedis()
/** Two Weirs start here, with all their threads. */
const PATIENCE_MS = 180_000

describe.skipIf(reason !== null)(reason ?? 'with Redis', () => {
  let redis: TestRedis
  let provider: FakeProvider
  let weirs: TestWeir[] = []

  beforeAll(async () => {
    redis = await startRedis()
    provider = await startProvider(json(chatAnswer()))
    const config = {
      redis: redis.create(),
      redisTimeout: '30s',
      limits: [
        { on: 'team', per: 'month', requests: 6 },
        { on: 'team', per: 'month', cost: 5, action: 'alert' },
      ],
    }
    const open = () => startWeir({ providers: { openai: provider }, config })
    weirs = await Promise.all([open(), open()])
    await Promise.all(weirs.map((weir) => weir.ready))
    await Promise.all(weirs.map((weir) => weir.api('/calls')))
  }, PATIENCE_MS)
  afterAll(async () => {
    await Promise.all(weirs.map((weir) => weir.close()))
    await provider?.close()
    await redis?.close()
  }, PATIENCE_MS)

  const call = async (weir: TestWeir, team: string) => {
    const answer = await fetch(`${weir.url}/t/team=${team}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-x', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-mini', max_tokens: 8, messages: [{ role: 'user', content: 'Hi' }] }),
    })
    return { status: answer.status, text: await answer.text() }
  }

  test(
    'a limit is one limit for both, and each sees what the other has counted',
    { timeout: PATIENCE_MS },
    async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => call(weirs[i % 2]!, 'search')))
      expect(answers.filter(({ status }) => status === 200).length).toBe(6)
      const refused = answers.find(({ status }) => status === 429)!
      expect(refused.text).toContain('6 requests per month for team \\"search\\" is reached: 6 are used')
      await Promise.all(weirs.map((weir) => weir.recordedCount(10)))
      for (const weir of weirs) {
        await expect
          .poll(async () =>
            (await weir.api('/budgets')).items.map(({ limit, used, reserved }: any) => [limit.unit, used, reserved]),
          )
          // gpt-5-mini: 12 tokens in and 5 out are 13 µ$.
          .toEqual([
            ['requests', 6, 0],
            ['cost', expect.closeTo(6 * 13e-6, 9), 0],
          ])
      }
    },
  )

  test(
    'while Redis is away calls pass, and status, metrics and budgets say so; then they count',
    { timeout: PATIENCE_MS },
    async () => {
      const [weir] = weirs as [TestWeir]
      expect((await weir.api('/status')).redis).toMatchObject({ up: true, problem: null, whenDown: 'fail_open' })
      await redis.stop()
      await expect.poll(async () => (await weir.api('/status')).redis.up).toBe(false)
      expect((await call(weir, 'docs')).status).toBe(200)
      expect((await weir.api('/status')).redis).toMatchObject({
        unchecked: 1,
        problem: expect.stringContaining('Redis'),
      })
      const metrics = await (await fetch(`${weir.url}/metrics`)).text()
      expect(metrics).toContain('weir_redis_up 0\n')
      expect(metrics).toContain('weir_limits_unchecked_total 1\n')
      expect(await weir.api('/budgets')).toMatchObject({ status: 503, code: 'redis_unavailable' })

      await redis.start()
      await expect
        .poll(async () => (await weir.api('/budgets')).items?.find(({ scope }: any) => scope === 'docs')?.used)
        .toBe(1)
      expect((await weir.api('/status')).redis).toMatchObject({ up: true, problem: null })
    },
  )
})
