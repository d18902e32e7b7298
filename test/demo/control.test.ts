// What control there is to see in the demo: a route whose first target stumbles, answers from the cache, a budget that is spent.
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { createConfigSource } from '../../server/config/reload.ts'
import { toDemoConfig } from '../../server/demo/config.ts'
import { startDemoProvider } from '../../server/demo/provider.ts'
import { createRandom } from '../../server/demo/random.ts'
import { draft, triage } from '../../server/demo/scenarios/desk.ts'
import { script } from '../../server/demo/scenarios/leisure.ts'
import { send } from '../../server/demo/traffic.ts'
import type { Scenario, Turn } from '../../server/demo/turn.ts'
import type { Call } from '../../server/call.ts'
import { startOn, tempFolder } from './support.ts'

async function openHouse() {
  const provider = await startDemoProvider()
  // No answer takes any time.
  provider.hurry()
  const data = await tempFolder()
  const env = { WEIR_PORT: '0' }
  const source = createConfigSource({ file: null, onlyNamedFile: true, env, argv: { data }, cwd: data })
  const { weir, calls, until } = await startOn(toDemoConfig(source, provider.url))
  await weir.ready
  const agent = new Agent()
  onTestFinished(async () => {
    await agent.destroy()
    await weir.close()
    await provider.close()
  })
  /** Settles with the call as it was recorded. */
  const play = async (turn: Turn): Promise<Call> => {
    const already = calls.length
    await send(turn, { url: weir.url, provider, agent })
    await until(() => calls.length > already)
    return calls[already]!
  }
  const budgets = async () => ((await (await fetch(`${weir.url}/api/budgets`)).json()) as { items: any[] }).items
  return { play, budgets }
}

const turnOf = (begin: (random: ReturnType<typeof createRandom>) => Scenario, fits: (turn: Turn) => boolean): Turn => {
  for (let seed = 1; ; seed++) {
    const turn = [begin(createRandom(seed)).next().value as Turn | Turn[]].flat()[0]!
    if (fits(turn)) return turn
  }
}

test('a route goes on to its next target, drafts come from the cache, and the key scratch spends its budget', async () => {
  const { play, budgets } = await openHouse()
  const stumbling = await play(turnOf(triage, ({ stumble }) => stumble?.fault === 'overloaded'))
  expect(stumbling).toMatchObject({
    outcome: 'ok',
    route: 'sort',
    key: 'service-desk',
    team: 'support',
    provider: 'mistral',
    model: 'mistral-small-latest',
    attempts: [{ status: 503 }, { status: 200 }],
  })
  expect(stumbling.costNano).toBeGreaterThan(0)

  const asked = turnOf(draft, ({ reply, leavesAfterMs }) => reply.fault === null && leavesAfterMs === null)
  const first = await play(asked)
  expect(first.cache).toBe('miss')
  expect(await play({ ...asked, id: '0123456789abcdef' })).toMatchObject({
    outcome: 'cache_hit',
    cachedFrom: first.id,
    savedNano: first.costNano,
  })

  let last: Call | null = null
  for (let seed = 1; seed <= 100 && last?.outcome !== 'refused'; seed++)
    last = await play([script(createRandom(seed)).next().value as Turn].flat()[0]!)
  expect(last).toMatchObject({ key: 'scratch', errorCode: 'budget_spent' })
  const states = new Map((await budgets()).map((item) => [`${item.scope} ${item.limit.unit}`, item.state]))
  expect(states.get('checkout-agent cost')).toBe('ok')
  expect(['near', 'spent']).toContain(states.get('scratch cost'))
})
