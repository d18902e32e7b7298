// What the API takes is checked field by field; a key may ask about itself, and about nothing else.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { idOf, type KeyHouse, openKeyHouse } from './house.ts'

let house: KeyHouse
let secret: string
beforeAll(async () => {
  house = await openKeyHouse()
  secret = await house.make('mine', { limits: [{ per: 'day', requests: 100 }], ips: ['127.0.0.1', '::1'] })
})
afterAll(() => house.close())

const me = async (headers: Record<string, string>) => {
  const answer = await fetch(`${house.weir.url}/api/me`, { headers })
  return { status: answer.status, json: (await answer.json()) as any }
}

test.each([
  [{}, 'json.name'],
  [{ name: 'admin' }, 'json.name'],
  [{ name: '../x' }, 'json.name'],
  [{ name: 'x', models: [] }, 'json.models'],
  [{ name: 'x', providers: 'openai' }, 'json.providers'],
  [{ name: 'x', ips: ['10.0.0.0/8', '10.0.0.300'] }, 'json.ips.1'],
  [{ name: 'x', expiresAt: 'tomorrow' }, 'json.expiresAt'],
  [{ name: 'x', capture: 'some' }, 'json.capture'],
  [{ name: 'x', limits: [{ requests: 5 }] }, 'json.limits.0.per'],
  [{ name: 'x', limits: [{ per: 'day', on: 'team', requests: 5 }] }, 'json.limits.0'],
  [{ name: 'x', secret: 'wk_my-own' }, 'json'],
])('POST %j is refused at %s', async (body, where) => {
  const { status, json } = await house.send('POST', '', body)
  expect([status, json.code]).toEqual([400, 'bad_input'])
  expect(json.errors.map((error: { where: string }) => error.where)).toContain(where)
})

test('changes are checked alike, and need a key that is there', async () => {
  expect((await house.send('PATCH', '/mine', { name: 'other' })).status).toBe(400)
  expect((await house.send('POST', '/mine/rotate', { overlap: '90d' })).json.errors[0].where).toBe('json.overlap')
  for (const [method, path] of [
    ['PATCH', '/nobody'],
    ['POST', '/nobody/rotate'],
    ['POST', '/nobody/revoke'],
  ] as const)
    expect((await house.send(method, path, {})).json).toMatchObject({ status: 404, code: 'not_found' })
})

test('GET /api/me: rights, limits and use, for whoever shows the key', async () => {
  const answer = await house.chat(secret)
  await house.weir.recorded(idOf(answer))
  const shown: Record<string, string>[] = [{ authorization: `Bearer ${secret}` }, { 'x-weir-key': secret }]
  for (const headers of shown) {
    const { status, json } = await me(headers)
    expect([status, json.key.name]).toEqual([200, 'mine'])
    expect(json.limits).toMatchObject([
      { limit: { on: 'key', unit: 'requests', max: 100, source: 'key' }, scope: 'mine' },
    ])
    expect(json.usage).toMatchObject([
      {
        day: Math.floor(Date.now() / 86_400_000) * 86_400_000,
        model: 'gpt-5-mini-2025-08-07',
        calls: 1,
        inputTokens: 12,
      },
    ])
  }
})

test('GET /api/me without a key, with a wrong or a revoked one, or from elsewhere is refused with the reason', async () => {
  expect(await me({})).toMatchObject({ status: 401, json: { detail: 'This request shows no Weir key.' } })
  const wrong = await me({ 'x-weir-key': 'wk_wrong-000000000000000000' })
  expect([wrong.status, wrong.json.code]).toEqual([401, 'key_invalid'])
  const far = await house.make('far', { ips: ['10.0.0.0/8'] })
  expect((await me({ 'x-weir-key': far })).json.code).toBe('address_refused')
  await house.send('POST', '/far/revoke')
  expect((await me({ 'x-weir-key': far })).json.detail).toMatch(/was revoked on/)
})

test('beyond loopback keys are the admin’s to see, and /api/me is the key’s own', async () => {
  const remote = await openKeyHouse({ host: '0.0.0.0', adminToken: 'wa_test-admin-token-000000000000000000' })
  try {
    expect((await remote.send('GET', '')).status).toBe(401)
    expect((await remote.send('POST', '', { name: 'x' })).status).toBe(401)
    const answer = await fetch(`${remote.weir.url}/api/me`, { headers: { 'x-weir-key': secret } })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'key_invalid'])
  } finally {
    await remote.close()
  }
})
