// `weir key …` works on the data folder alone, with a Weir running on it or without; a running one takes the change within two seconds.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultMigrationsDir } from '../../db/migrate.ts'
import { parseCommand } from '../../server/cli/arguments.ts'
import { createKeyCommand, listKeysCommand, revokeKeyCommand, rotateKeyCommand } from '../../server/cli/key.ts'
import { filesWith, type KeyHouse, openKeyHouse, refusal } from './house.ts'

const COMMANDS = { create: createKeyCommand, list: listKeysCommand, rotate: rotateKeyCommand, revoke: revokeKeyCommand }

let folder: string
let dataDir: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-key-cli-'))
  dataDir = join(folder, 'data')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What it printed, and what it said beside. */
const weirKey = async (...args: string[]) => {
  const [out, said]: [string[], string[]] = [[], []]
  const terminal = {
    env: {},
    cwd: folder,
    print: (line: string) => void out.push(line),
    complain: (line: string) => void said.push(line),
  }
  const command = parseCommand(['key', ...args, '--data', dataDir])
  await COMMANDS[args[0] as keyof typeof COMMANDS](command, terminal, { migrationsDir: defaultMigrationsDir() })
  return { out, said: said.join('\n') }
}

/** The running Weir looks once a second; nothing tells when it has. */
const eventually = async (house: KeyHouse, secret: string, status: number): Promise<number> => {
  const since = performance.now()
  while ((await house.chat(secret)).status !== status) {
    if (performance.now() - since > 30_000) throw new Error(`not ${status} within 30 s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return performance.now() - since
}

test('a first key makes data folder and database; its secret alone is on standard output', async () => {
  const { out, said } = await weirKey(
    'create',
    'ci',
    '--team',
    'search',
    '--models',
    'gpt-5*, o9',
    '--tags',
    'a=1,b=x=y',
  )
  expect(out).toEqual([expect.stringMatching(/^wk_[0-9A-Za-z]{40}$/)])
  expect(said).toMatch(/^The secret of the key "ci", shown once\. models: gpt-5\*, o9$/)
  expect(statSync(dataDir).mode & 0o077).toBe(0)
  expect(statSync(join(dataDir, 'key-hashes.key')).mode & 0o077).toBe(0)
  expect(filesWith(dataDir, out[0]!)).toEqual([])
  await expect(weirKey('create', 'ci')).rejects.toThrow('There is a key "ci" already')
})

test('a Weir that starts later knows it; what is changed beside it holds for its calls', async () => {
  const first = (await weirKey('rotate', 'ci')).out[0]!
  const house = await openKeyHouse({}, dataDir)
  try {
    // No wait for the database: the first call after the start does that.
    expect((await house.chat(first)).status).toBe(200)
    const made = (await weirKey('create', 'late', '--expires', '30d')).out[0]!
    await eventually(house, made, 200)
    const second = (await weirKey('rotate', 'late', '--overlap', '0')).out[0]!
    await eventually(house, second, 200)
    expect((await house.chat(made)).status).toBe(401)
    await weirKey('revoke', 'late')
    await eventually(house, second, 401)
    expect((await refusal(await house.chat(second)))[2]).toMatch(/"late" was revoked/)
    expect((await house.send('GET', '')).json.items).toMatchObject([{ name: 'ci' }, { name: 'late', state: 'revoked' }])
    expect((await weirKey('list')).out.map((line) => line.split(/\s+/).slice(0, 3))).toEqual([
      ['ci', `…${first.slice(-4)}`, 'active'],
      ['late', `…${second.slice(-4)}`, 'revoked'],
    ])
  } finally {
    await house.close()
  }
})

test.each([
  [['create'], 'weir key create needs the name of a key: weir key create NAME'],
  [['create', 'a', 'b'], 'weir key create takes no second "b"'],
  [['create', '_x'], '"_x" is no name for a key'],
  [['create', 'admin'], '"admin" is reserved'],
  [['create', 'x', '--ips', '10.0.0.0/99'], '--ips: "10.0.0.0/99" is no address'],
  [['create', 'x', '--expires', '2001-01-01'], 'has passed already'],
  [['create', 'x', '--tags', 'lonely'], '--tags: "lonely" is no tag'],
  [['rotate', 'ci', '--overlap', '90d'], 'is no duration of at most 30d'],
  [['rotate', 'nobody'], 'There is no key "nobody"'],
  [['revoke', 'nobody'], 'There is no key "nobody"'],
  [['list', 'x'], 'weir key list takes no "x"'],
])('weir key %j is refused with the reason', async (args, says) => {
  await expect(weirKey(...args)).rejects.toThrow(says)
})
