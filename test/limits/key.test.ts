// A key carries limits of its own: its calls are held to them, and its holder sees them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

const CI = 'wk_0123456789abcdefghijABCDEFGHIJ0123456789'
const OTHER = 'wk_9876543210abcdefghijABCDEFGHIJ0123456789'
let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(json(chatAnswer()))
  weir = await startWeir({
    providers: { openai: provider },
    config: {
      providers: { openai: { apiKey: 'sk-weirs-own-0123456789' } },
      keys: {
        list: [
          { name: 'ci', secret: CI, team: 'search', limits: [{ per: 'day', requests: 2, cost: 5 }] },
          { name: 'other', secret: OTHER },
        ],
      },
      limits: [{ on: 'team', per: 'month', cost: 100 }],
    },
  })
  await weir.ready
  // A limit that nobody has asked for sums or prices waits for a reader thread, and not for ever: here it runs already.
  await weir.api('/calls')
})
afterAll(async () => {
  await weir?.close()
  await provider?.close()
})

const call = (key: string) =>
  fetch(`${weir.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5-mini', max_tokens: 8, messages: [{ role: 'user', content: 'Hi' }] }),
  })

test('a key is held to its limits, and who holds it sees them', async () => {
  expect((await call(CI)).status).toBe(200)
  expect((await call(CI)).status).toBe(200)
  const refused = await call(CI)
  expect(refused.status).toBe(429)
  expect(await refused.text()).toContain('2 requests per day for key \\"ci\\" is reached')
  expect((await call(OTHER)).status).toBe(200)

  await weir.recordedCount(4)
  const me: any = await (await fetch(`${weir.url}/api/me`, { headers: { authorization: `Bearer ${CI}` } })).json()
  expect(me.limits.map(({ limit, scope, used }: any) => [limit.on, limit.unit, limit.source, scope, used > 0])).toEqual(
    [
      ['key', 'requests', 'key', 'ci', true],
      ['key', 'cost', 'key', 'ci', true],
      ['team', 'cost', 'config', 'search', true],
    ],
  )
  const [first] = (await weir.api('/budgets')).items
  expect(first).toMatchObject({
    scope: 'ci',
    state: 'spent',
    used: 2,
    left: 0,
    limit: { unit: 'requests', source: 'key' },
  })
})
