// A key is made once and shown once. A call with it goes out with Weir's own credential, stands under the key's name, and its secret
// is nowhere on the disk, wherever the client put it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesWith, idOf, type KeyHouse, openKeyHouse, PROVIDER_KEY, refusal } from './house.ts'

let house: KeyHouse
let dataDir: string
const secrets: string[] = []

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'weir-keys-'))
  house = await openKeyHouse({}, dataDir)
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

test('the secret is in the answer that made the key, and in no other', async () => {
  const made = await house.send('POST', '', { name: 'ci', owner: 'ann', team: 'search', tags: { feature: 'rank' } })
  expect(made.status).toBe(201)
  expect(made.json.secret).toMatch(/^wk_[0-9A-Za-z]{40}$/)
  secrets.push(made.json.secret)
  expect(made.json.key).toMatchObject({
    name: 'ci',
    last4: made.json.secret.slice(-4),
    owner: 'ann',
    team: 'search',
    providers: null,
    state: 'active',
    source: 'api',
    lastUsedAt: null,
    calls30d: 0,
    costNano30d: 0,
  })
  const listed = await house.send('GET', '')
  expect(listed.json.items.map((item: { name: string }) => item.name)).toEqual(['ci'])
  expect(JSON.stringify(listed.json)).not.toContain(made.json.secret)
})

test.each([
  ['authorization', (key: string) => ({ authorization: `Bearer ${key}` })],
  ['x-weir-key', (key: string) => ({ 'x-weir-key': key, authorization: '' })],
  ['x-api-key', (key: string) => ({ 'x-api-key': key, authorization: '' })],
])('in %s it brings Weir’s credential, its own team and tags, and goes nowhere itself', async (_, place) => {
  const headers = {
    ...place(secrets[0]!),
    'x-weir-team': 'thieves',
    'x-weir-tag-feature': 'other',
    'x-weir-tag-a': '1',
  }
  const answer = await house.chat('', { headers })
  expect(answer.status).toBe(200)
  expect(house.provider.last().headers.authorization).toBe(`Bearer ${PROVIDER_KEY}`)
  expect(JSON.stringify(house.provider.last().rawHeaders)).not.toContain(secrets[0])
  const call = await house.weir.recorded(idOf(answer))
  expect(call).toMatchObject({ key: 'ci', team: 'search', tags: { feature: 'rank', a: '1' }, outcome: 'ok' })
})

test('in the query too; what calls came to stands on the key', async () => {
  const answer = await house.chat('', {
    headers: { authorization: '' },
    path: `/openai/v1/chat/completions?key=${secrets[0]}&a=1`,
  })
  expect([answer.status, house.provider.last().path]).toEqual([200, '/v1/chat/completions?a=1'])
  await house.weir.recorded(idOf(answer))
  const { json } = await house.send('GET', '')
  expect(json.items[0].calls30d).toBe(4)
  expect(json.items[0].costNano30d).toBeGreaterThan(0)
  expect(json.items[0].lastUsedAt).toBeGreaterThan(Date.now() - 60_000)
})

test('what looks like a key and is none is refused, and the message says which', async () => {
  const [status, code, message] = await refusal(await house.chat('wk_0000000000000000000000000000000000000000'))
  expect([status, code]).toEqual([401, 'key_invalid'])
  expect(message).toMatch(/ending in …0000 is not known here/)
})

test('no secret is on the disk, in whatever place it came', async () => {
  secrets.push(await house.make('other'))
  const rotated = await house.send('POST', '/other/rotate', {})
  secrets.push(rotated.json.secret)
  const answer = await house.chat(secrets[2]!)
  await house.weir.recorded(idOf(answer))
  await house.close()
  for (const secret of secrets) expect(filesWith(dataDir, secret)).toEqual([])
  // The search itself finds what is there.
  expect(filesWith(dataDir, 'other').length).toBeGreaterThan(0)
})
