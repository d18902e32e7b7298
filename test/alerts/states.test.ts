// An alert that cries twice is switched off by its readers: each state is told once, across restarts and failures too.
import { createHmac } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type AlertHouse, openAlertHouse, toFinding, toState } from './house.ts'

let house: AlertHouse
afterEach(() => house?.close())

const told = () => house.hook.requests.map(({ json }) => [json.key, json.state])

test('a state is told when it changes, once; a restart says nothing again', async () => {
  house = await openAlertHouse()
  house.states.push(toState({ state: 'ok' }))
  await house.alerts.look()
  expect(told()).toEqual([])

  house.states[0] = toState()
  await house.alerts.look()
  await house.alerts.look()
  expect(told()).toEqual([['target openai', 'down']])
  expect(house.alerts.list()).toMatchObject([{ name: 'ops', state: 'firing', since: house.clock.now, lastError: null }])

  const restarted = house.restart()
  await restarted.look()
  expect(told()).toHaveLength(1)
  house.states[0] = toState({ state: 'ok', title: 'openai answers again' })
  await restarted.look()
  await restarted.look()
  expect(told()).toEqual([
    ['target openai', 'down'],
    ['target openai', 'ok'],
  ])
  expect(restarted.list()).toMatchObject([{ state: 'ok', since: null }])
})

test('a loop is told when it is found and when it gets worse; what nobody wants to hear is not', async () => {
  house = await openAlertHouse({ on: ['loops'] })
  const { alerts } = house
  const say = async (finding: Parameters<typeof alerts.finding>[0]) => {
    alerts.finding(finding)
    await alerts.look()
  }
  await say(toFinding({ id: 'f_0', verdict: 'watch' }))
  await say(toFinding({ id: 'f_0', action: 'mark' }))
  await say(toFinding())
  await say(toFinding())
  await say(toFinding({ verdict: 'runaway' }))
  await say(toFinding({ verdict: 'runaway', state: 'muted' }))
  expect(told()).toEqual([
    ['loop f_1', 'looping'],
    ['loop f_1', 'runaway'],
    ['loop f_1', 'ok'],
  ])
  const [first] = house.hook.requests
  expect(first!.json.text).toBe('search was called 4 times. $1.23 was spent since the first repeat.')
  expect(first!.text).not.toContain('secret')
})

test('what was repeated goes out only where it is asked for', async () => {
  house = await openAlertHouse({ content: true })
  house.alerts.finding(toFinding())
  await house.alerts.look()
  expect(house.hook.last().json.content).toBe('search({"q":"secret"})')
})

test('a budget is told at each step up, not on its way down; that there is room again only after it was spent', async () => {
  house = await openAlertHouse()
  const reach = async (state: string) => {
    house.states[0] = toState({ topic: 'budgets', key: 'budget all', state })
    await house.alerts.look()
  }
  for (const state of ['ok', '50', '80', '80', '50', '80', 'ok', '95', '100', 'ok', 'ok']) await reach(state)
  expect(told().map(([, state]) => state)).toEqual(['50', '80', '80', '95', '100', 'ok'])
})

test('a webhook that fails is asked again with growing pauses, and told what is true by then', async () => {
  house = await openAlertHouse()
  house.hook.answer((_, response) => response.writeHead(500).end())
  house.states.push(toState())
  await house.alerts.look()
  expect(house.alerts.list()).toMatchObject([{ state: 'failing', lastError: 'The webhook answered 500.' }])
  await house.alerts.look()
  expect(told()).toHaveLength(1)
  house.clock.now += 5000
  await house.alerts.look()
  house.clock.now += 5000
  await house.alerts.look()
  expect(told()).toHaveLength(2)
  house.hook.answer((_, response) => response.writeHead(204).end())
  house.states[0] = toState({ state: 'slow' })
  house.clock.now += 5000
  await house.alerts.look()
  expect(told().at(-1)).toEqual(['target openai', 'slow'])
  expect(house.alerts.list()).toMatchObject([{ state: 'firing', lastError: null }])
})

test('a message is signed over its time and body, goes to the whole address, and follows no redirect', async () => {
  house = await openAlertHouse({ secret: 'shared secret' })
  house.hook.answer((_, response) => response.writeHead(302, { location: `${house.hook.url}/elsewhere` }).end())
  const sent = await house.alerts.test('ops')
  expect(sent).toEqual({ ok: false, status: 302, message: 'The webhook answered 302.' })
  expect(house.hook.requests.map(({ path }) => path)).toEqual(['/hook?team=7'])
  const { headers, text } = house.hook.last()
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-weir-signature']))!
  expect(Number(t)).toBe(house.clock.now / 1000)
  expect(v1).toBe(createHmac('sha256', 'shared secret').update(`${t}.${text}`).digest('hex'))
  expect(await house.alerts.test('nobody')).toBeNull()
})

test('an address that nobody answers at is said without the address', async () => {
  house = await openAlertHouse({ webhook: 'http://127.0.0.1:1/services/T0/secret' })
  const sent = await house.alerts.test('ops')
  expect(sent).toEqual({ ok: false, status: null, message: 'The webhook could not be reached: ECONNREFUSED.' })
})
