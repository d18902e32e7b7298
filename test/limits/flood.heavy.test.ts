// A thousand calls at once over real sockets: as many reach the provider as there is room for, and every slot is free afterwards.
import { Agent, request } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { chatAnswer, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

const MANY = 1000
const body = JSON.stringify({ model: 'gpt-5-mini', max_tokens: 8, messages: [{ role: 'user', content: 'Hi' }] })

async function open(limits: Record<string, unknown>[]) {
  const provider = await startProvider(json(chatAnswer()))
  const weir = await startWeir({ providers: { openai: provider }, config: { limits } })
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  onTestFinished(async () => {
    agent.destroy()
    await weir.close()
    await provider.close()
  })
  await weir.ready
  // A limit that nobody has asked for sums or prices waits for a reader thread, and not for ever: here it runs already.
  await weir.api('/calls')
  return { provider, weir, call: (abort?: AbortSignal) => call(weir, agent, abort) }
}

const call = (weir: TestWeir, agent: Agent, signal?: AbortSignal) =>
  new Promise<number>((resolve) => {
    const path = '/t/team=search/openai/v1/chat/completions'
    const headers = { authorization: 'Bearer sk-x', 'content-type': 'application/json' }
    const out = request({ port: weir.port, method: 'POST', path, headers, agent, signal }, (answer) => {
      answer
        .resume()
        .on('end', () => resolve(answer.statusCode!))
        .on('error', () => resolve(0))
    })
    out.on('error', () => resolve(0)).end(body)
  })

const count = (statuses: number[], status: number) => statuses.filter((one) => one === status).length

test('requests: exactly N of a thousand get through', async () => {
  const { provider, call } = await open([{ on: 'team', per: 'month', requests: 137 }])
  const statuses = await Promise.all(Array.from({ length: MANY }, () => call()))
  expect([count(statuses, 200), count(statuses, 429)]).toEqual([137, MANY - 137])
  expect(provider.requests.length).toBe(137)
})

test('calls at once: never more than N are under way, however they end; none is held back afterwards', async () => {
  const { provider, weir, call } = await open([{ on: 'team', concurrency: 9 }])
  let now = 0
  let most = 0
  provider.answer((request, response) => {
    most = Math.max(most, ++now)
    response.on('close', () => now--)
    // Some answer, some break off, some say nothing until their client leaves.
    const kind = provider.requests.length % 4
    if (kind === 0) response.destroy()
    else if (kind === 1) setImmediate(() => json(chatAnswer(), { status: 500 })(request, response, null as never))
    else if (kind === 2) setImmediate(() => json(chatAnswer())(request, response, null as never))
  })
  const leave = new AbortController()
  const calls = Array.from({ length: 150 }, (_, i) => call(i % 2 === 0 ? leave.signal : AbortSignal.timeout(1500)))
  setTimeout(() => leave.abort(), 300)
  await Promise.all(calls)
  expect(most).toBeLessThanOrEqual(9)
  await expect.poll(async () => (await weir.api('/budgets')).items[0]?.used).toBe(0)
  provider.answer(json(chatAnswer()))
  expect(await Promise.all(Array.from({ length: 9 }, () => call()))).toEqual(Array.from({ length: 9 }, () => 200))
})

test('a budget is never overrun by more than estimates are off', async () => {
  // gpt-5-mini: $0.25 and $2 a million; an answer of 12 and 5 tokens costs 13 µ$. The estimate of each is about 38 µ$.
  const { weir, call } = await open([{ on: 'team', per: 'month', cost: 0.0005 }])
  const statuses = await Promise.all(Array.from({ length: 100 }, () => call()))
  expect(count(statuses, 200)).toBeGreaterThan(5)
  expect(count(statuses, 402)).toBeGreaterThan(0)
  // What was not used is given back when it is known, and can be used: until nothing more fits.
  for (let rest = 1; rest > 0;) {
    await weir.recordedCount(statuses.length)
    const more = await Promise.all(Array.from({ length: 15 }, () => call()))
    statuses.push(...more)
    rest = count(more, 200)
  }
  await weir.recordedCount(statuses.length)
  const [item] = (await weir.api('/budgets')).items
  expect(item.used).toBeCloseTo(count(statuses, 200) * 13e-6, 6)
  expect(item.used).toBeLessThanOrEqual(0.0005)
  expect(item.used).toBeGreaterThan(0.0005 - 60e-6)
  expect(item).toMatchObject({ state: 'near' })
})
