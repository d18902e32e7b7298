// Whoever shows the Weir key that made a call is told what it came to, and nothing else; other calls do not exist for them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, json } from '../support/provider.ts'
import { idOf, type KeyHouse, openKeyHouse } from './house.ts'

const ADMIN = 'wa_test-admin-token-000000000000000000'

let house: KeyHouse
let mine: string
let other: string
beforeAll(async () => {
  // Beyond loopback, so that nothing passes for want of a login.
  const admin = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' }
  house = await openKeyHouse({ host: '0.0.0.0', adminToken: ADMIN })
  const make = async (name: string, more = {}) => {
    const made = await fetch(`${house.weir.url}/api/keys`, {
      method: 'POST',
      headers: admin,
      body: JSON.stringify({ name, ...more }),
    })
    return ((await made.json()) as { secret: string }).secret
  }
  mine = await make('mine', { limits: [{ per: 'day', requests: 2 }] })
  other = await make('other')
})
afterAll(() => house.close())

const read = async (id: string, headers: Record<string, string>) => {
  const answer = await fetch(`${house.weir.url}/api/calls/${id}`, { headers })
  return { status: answer.status, json: (await answer.json()) as any }
}

test('its usage and cost, by either header, also when the budget is spent', async () => {
  const id = idOf(await house.chat(mine))
  await house.weir.recorded(id)
  const stored = await read(id, { 'x-weir-key': mine })
  expect(stored.status).toBe(200)
  expect(stored.json).toMatchObject({ id, key: 'mine', outcome: 'ok', usage: { input: 12 }, usageSource: 'provider' })
  expect(stored.json.costNano).toBeGreaterThan(0)
  for (const hidden of ['credential', 'attempts', 'changes', 'usageRaw', 'target', 'clientIp', 'preview'])
    expect(stored.json).not.toHaveProperty(hidden)
  await house.chat(mine)
  expect((await house.chat(mine)).status).toBe(429)
  expect(await read(id, { authorization: `Bearer ${mine}` })).toEqual(stored)
})

test('202 while it runs', async () => {
  const asked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  house.provider.answer(async (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    asked.resolve()
    await goOn.promise
    response.end(JSON.stringify(chatAnswer()))
  })
  const answer = await house.chat(other)
  await asked.promise
  const running = await read(idOf(answer), { 'x-weir-key': other })
  expect([running.status, running.json.outcome, running.json.costNano]).toEqual([202, 'running', null])
  goOn.resolve()
  await answer.text()
  await house.weir.recorded(idOf(answer))
  expect((await read(idOf(answer), { 'x-weir-key': other })).status).toBe(200)
  house.provider.answer(json(chatAnswer()))
})

test('calls of others are unknown, wrong keys are refused, and a key opens nothing else', async () => {
  const id = idOf(await house.chat(other))
  await house.weir.recorded(id)
  const foreign = await read(id, { 'x-weir-key': mine })
  const missing = await read('01900000-0000-7000-8000-000000000000', { 'x-weir-key': mine })
  expect([foreign.status, foreign.json.code, missing.status]).toEqual([404, 'not_found', 404])
  expect(foreign.json.detail.replace(id, '')).toBe(missing.json.detail.replace(/01900000[-0-9]+/, ''))
  expect((await read(id, { 'x-weir-key': 'wk_wrong-0000000000000000' })).json.code).toBe('key_invalid')
  for (const path of [`${id}/request`, `${id}/conversation`, 'count', ''])
    expect((await read(path, { 'x-weir-key': other })).status).toBe(401)
  const all = await read(id, { authorization: `Bearer ${ADMIN}` })
  expect(all.json.attempts).toHaveLength(1)
})
