// Keys of weir.yaml: by secret, by a file or by hash; they follow the file, and nothing else can change them.
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../server/config/load.ts'
import { idOf, type KeyHouse, openKeyHouse, refusal } from './house.ts'

const SECRET = 'wk_from-the-environment-0123456789'
const HASHED = 'wk_known-by-its-hash-only-0123456789'
const list = [
  { name: 'env', secret: SECRET, team: 'search', models: ['gpt-*'] },
  { name: 'hashed', hash: hash('sha256', HASHED) },
]
let house: KeyHouse
beforeAll(async () => void (house = await openKeyHouse({ keys: { list } })))
afterAll(() => house.close())

const load = (yaml: string, env: Record<string, string> = {}) => {
  const cwd = mkdtempSync(join(tmpdir(), 'weir-keys-'))
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'weir.yaml'), yaml)
  writeFileSync(join(cwd, 'secret'), `${SECRET}\n`)
  return loadConfig({ file: null, env, argv: {}, cwd }).config.keys
}

test('they open what they may, and are listed without their secrets', async () => {
  const answer = await house.chat(SECRET)
  expect(await house.weir.recorded(idOf(answer))).toMatchObject({ status: 200, key: 'env', team: 'search' })
  expect((await house.chat(HASHED, { model: 'o9' })).status).toBe(200)
  expect((await house.chat(SECRET, { model: 'o9' })).status).toBe(403)
  const { json } = await house.send('GET', '')
  expect(json.items).toMatchObject([
    { name: 'env', source: 'config', last4: '6789', createdAt: null },
    { name: 'hashed', source: 'config', last4: '' },
  ])
  expect(JSON.stringify(json)).not.toContain(SECRET)
})

test('the API leaves them alone', async () => {
  for (const [method, path] of [
    ['PATCH', '/env'],
    ['POST', '/env/rotate'],
    ['POST', '/env/revoke'],
  ] as const) {
    const { status, json } = await house.send(method, path, {})
    expect([path, status, json.code]).toEqual([path, 409, 'read_only'])
  }
  expect((await house.send('POST', '', { name: 'env' })).json.code).toBe('name_taken')
})

test('a reload takes them away, and brings others', async () => {
  house.weir.configure({ keys: { list: [list[1]], unknown: 'refuse' } })
  expect((await refusal(await house.chat(SECRET)))[1]).toBe('key_invalid')
  expect((await house.chat(HASHED)).status).toBe(200)
  const [status, code, message] = await refusal(await house.chat('sk-of-the-client-0123456789'))
  expect([status, code]).toEqual([401, 'key_invalid'])
  expect(message).toContain('keys.unknown: refuse')
})

test('credentials: client lends nothing to anybody, and a key still says whose call it is', async () => {
  house.weir.configure({ providers: { openai: { apiKey: 'sk-weirs-own' } }, keys: { list, credentials: 'client' } })
  const [status, code, message] = await refusal(await house.chat(SECRET))
  expect([status, code]).toEqual([401, 'credential_required'])
  expect(message).toContain('keys.credentials: client')
  const answer = await house.chat('sk-of-the-client-0123456789', { headers: { 'x-weir-key': SECRET } })
  expect(house.provider.last().headers.authorization).toBe('Bearer sk-of-the-client-0123456789')
  expect(await house.weir.recorded(idOf(answer))).toMatchObject({ status: 200, key: 'env' })
})

test('the secret comes from the environment or from a file', () => {
  expect(load('keys: { list: [{ name: a, secret: "${KEY}" }] }', { KEY: SECRET }).list[0]!.secret).toBe(SECRET)
  for (const option of ['secret_file', 'secretFile'])
    expect(load(`keys: { list: [{ name: a, ${option}: secret }] }`).list[0]!.secret).toBe(SECRET)
  expect(load(`keys: { list: [{ name: a, secret: ${SECRET}, expiresAt: 2030-01-01 }] }`).list[0]!.expiresAt).toBe(
    Date.UTC(2030, 0, 1),
  )
})

test('every mistake is said with its place', () => {
  const yaml = `keys:
  list:
    - { name: admin, secret: ${SECRET} }
    - { name: two words, secret: sk-wrong }
    - { name: none }
    - { name: twice, hash: ${'a'.repeat(64)} }
    - { name: twice, secret: ${SECRET}9, ips: [10.0.0.0/40], models: [], expiresAt: soon, limits: [{ requests: 5 }] }
`
  const says = (() => {
    try {
      load(yaml)
      return ''
    } catch (error) {
      return (error as Error).message
    }
  })()
  for (const part of [
    /weir\.yaml:3:9 {2}keys\.list\.0\.name: is reserved/,
    /:4:9 .*list\.1\.name: is no name for a key/,
    /:4:26 .*list\.1\.secret: must be wk_/,
    /:5:7 .*list\.2\.secret: write one of secret, secretFile or hash/,
    /list\.4\.ips\.0: is no address and no range/,
    /list\.4\.models: names nothing/,
    /list\.4\.expiresAt: "soon" is no time/,
    /list\.4\.limits\.0\.per: is missing/,
  ])
    expect(says).toMatch(part)
})
