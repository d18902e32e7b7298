// A credential that cannot be opened says so by its name, to whoever needs it; the others are used as if nothing were wrong.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openSqlite } from '../../db/sqlite.ts'
import { openSealed, sealSecret } from '../../server/credentials/seal.ts'
import { refusal } from '../keys/house.ts'
import { type CredentialHouse, openCredentialHouse, SECRET } from './house.ts'

const [ONE, OTHER] = ['1f'.repeat(32), '2e'.repeat(32)]
const PROVIDERS = { openai: {}, anthropic: { apiKey: 'sk-ant-of-weir-yaml-0123456789' } }

// Several Weirs are started and ended here, one after the other.
vi.setConfig({ testTimeout: 180_000 })

let dataDir: string
beforeAll(() => void (dataDir = mkdtempSync(join(tmpdir(), 'weir-master-'))))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

async function withHouse(config: Record<string, unknown>, work: (house: CredentialHouse) => Promise<void>) {
  const house = await openCredentialHouse({ providers: PROVIDERS, ...config }, dataDir)
  try {
    await work(house)
  } finally {
    await house.close()
  }
}

test('a sealed secret opens with its key, at its place and unchanged, or not at all', () => {
  const master = Buffer.from(ONE, 'hex')
  const place = { provider: 'openai', name: 'main' }
  const sealed = sealSecret(master, place, SECRET)
  expect(openSealed(master, place, sealed)).toBe(SECRET)
  expect(sealSecret(master, place, SECRET)).not.toBe(sealed)
  for (const other of [
    { ...place, name: 'spare' },
    { provider: 'openaim', name: 'ain' },
  ])
    expect(() => openSealed(master, other, sealed)).toThrow(/changed from outside, or belongs to another name/)
  const flipped = sealed.slice(0, -2) + (sealed.at(-2) === 'A' ? 'B' : 'A') + sealed.at(-1)
  expect(() => openSealed(master, place, flipped)).toThrow(/changed from outside/)
  expect(() => openSealed(Buffer.from(OTHER, 'hex'), place, sealed)).toThrow(/another master key \(id [0-9a-f]{8};/)
  expect(() => openSealed(master, place, `9${sealed}`)).toThrow(/a form that this Weir does not know/)
})

test('a master key that is given leaves no file', async () => {
  await withHouse({ masterKey: ONE }, async (house) => {
    await house.add('main')
    await house.chat(house.key)
    expect(house.shown()).toBe(`Bearer ${SECRET}`)
  })
  expect(readdirSync(dataDir)).not.toContain('master.key')
})

test.each([
  ['missing', null, /the master key is not there/],
  ['another', OTHER, /stored under another master key/],
])('master key %s: the refusal names the credential, other providers go on', async (_, masterKey, says) => {
  await withHouse({ masterKey }, async (house) => {
    const [item] = (await house.credentials('GET')).json.items.filter((each: any) => each.source === 'stored')
    expect(item.problem).toMatch(says)
    const [status, code, message] = await refusal(await house.chat(house.key))
    expect([status, code]).toEqual([503, 'keys_unavailable'])
    expect(message).toMatch(/^The credential "main" for openai cannot be used: /)
    expect(message).toMatch(says)
    const anthropic = await house.chat(house.key, { path: '/anthropic/v1/messages' })
    expect(anthropic.status).toBe(200)
    expect((await house.chat('sk-of-the-client-0123456789')).status).toBe(200)
  })
})

test('rows whose secrets were swapped in the database open no more', async () => {
  await withHouse(
    { masterKey: ONE },
    async (house) => void (await house.add('spare', { secret: 'sk-spare-0123456789abcdef' })),
  )
  const db = openSqlite(dataDir)
  db.exec(`update credentials set sealed = (select sealed from credentials where name = 'main') where name = 'spare'`)
  db.close()
  await withHouse({ masterKey: ONE }, async (house) => {
    const problems = (await house.credentials('GET')).json.items.map((each: any) => each.problem)
    expect(problems).toEqual([
      null,
      null,
      expect.stringContaining('"spare" for openai cannot be used: its row was changed'),
    ])
    await house.chat(house.key)
    expect(house.shown()).toBe(`Bearer ${SECRET}`)
  })
})
