// A run has a limit of its own: by session, or by the agent in it, as far as headers name them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(json(chatAnswer()))
  weir = await startWeir({
    providers: { openai: provider },
    config: {
      limits: [
        { on: 'session', per: 'day', requests: 4 },
        { on: 'lane', per: 'day', requests: 2 },
      ],
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

const call = async (headers: Record<string, string>) => {
  const answer = await fetch(`${weir.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-x', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'gpt-5-mini', max_tokens: 8, messages: [{ role: 'user', content: 'Hi' }] }),
  })
  return { status: answer.status, text: await answer.text() }
}

test('each agent of a session has its own count, and the session one for all of them', async () => {
  const run = { 'x-claude-code-session-id': 'run-1' }
  const agent = (name: string) => ({ ...run, 'x-claude-code-agent-id': name })
  expect((await call(agent('planner'))).status).toBe(200)
  expect((await call(agent('planner'))).status).toBe(200)
  const refused = await call(agent('planner'))
  expect(refused.status).toBe(429)
  expect(refused.text).toContain('2 requests per day for lane \\"run-1/planner\\" is reached')
  expect((await call(agent('tester'))).status).toBe(200)
  expect((await call(run)).status).toBe(200)
  expect((await call(run)).text).toContain('4 requests per day for session \\"run-1\\" is reached')
  // Another run, and a call that belongs to none.
  expect((await call({ ...agent('planner'), 'x-weir-session': 'run-2' })).status).toBe(200)
  expect((await call({})).status).toBe(200)

  await weir.recordedCount(8)
  const { items } = await weir.api('/budgets')
  const used = Object.fromEntries(items.map((item: any) => [item.scope, item.used + item.reserved]))
  expect(used).toMatchObject({ 'run-1': 4, 'run-1/planner': 2, 'run-1/tester': 1, 'run-2': 1, 'run-2/planner': 1 })
})
