// Several Weirs on one Postgres: with the same keys given, a Weir key and a credential that one of them stored work at the other.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../server/config/mistakes.ts'
import { loadConfig } from '../../server/config/load.ts'
import { type Postgres, startPostgres, whyNoPostgres } from '../support/postgres.ts'
import { openCredentialHouse, SECRET } from './house.ts'

const KEYS = { masterKey: 'a1'.repeat(32), keyHashesKey: 'b2'.repeat(32), credentialNamesKey: 'c3'.repeat(32) }

const load = (env: Record<string, string>, cwd: string) => loadConfig({ file: null, env, argv: {}, cwd }).config

test('a key of Weir’s own comes as hex or base64, or as the file that it is in another data folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-key-file-'))
  try {
    const bytes = Buffer.from('ff00'.repeat(16), 'hex')
    writeFileSync(join(folder, 'master.key'), bytes)
    writeFileSync(join(folder, 'text'), `${bytes.toString('base64')}\n`)
    const config = load(
      {
        WEIR_MASTER_KEY_FILE: 'master.key',
        WEIR_KEY_HASHES_KEY_FILE: 'text',
        WEIR_CREDENTIAL_NAMES_KEY: 'FF00'.repeat(16),
      },
      folder,
    )
    for (const key of [config.masterKey, config.keyHashesKey, config.credentialNamesKey])
      expect(key).toBe(bytes.toString('hex'))
    const wrong = (): unknown => load({ WEIR_MASTER_KEY: 'my-password' }, folder)
    expect(wrong).toThrow(ConfigError)
    expect(wrong).toThrow(/WEIR_MASTER_KEY.*must be 32 bytes, as 64 hex digits or base64/)
    expect(wrong).not.toThrow(/my-password/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** The start waits for what is stored, but not for ever: on a loaded machine it is read a moment later. */
async function untilKnown(chat: () => Promise<Response>): Promise<Response> {
  for (const until = performance.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const answer = await chat()
    if (answer.status === 200 || performance.now() > until) return answer
  }
}

const reason = whyNoPostgres()
if (reason) console.warn(reason)
describe.skipIf(reason !== null)('two Weirs', () => {
  let server: Postgres
  beforeAll(async () => void (server = await startPostgres()), 60_000)
  afterAll(() => server?.close())

  test('what one stores, the other uses', async () => {
    const database = await server.create()
    const first = await openCredentialHouse({ ...KEYS, database })
    await first.add('main')
    const answer = await first.chat(first.key)
    const { credential } = await first.weir.recorded(answer.headers.get('x-weir-call-id')!)
    // The second starts with what is stored; neither has seen the other's data folder.
    const second = await openCredentialHouse({ ...KEYS, database })
    try {
      const there = await untilKnown(() => second.chat(first.key))
      expect([there.status, second.shown()]).toEqual([200, `Bearer ${SECRET}`])
      const call = await second.weir.recorded(there.headers.get('x-weir-call-id')!)
      expect([call.key, call.credential]).toEqual([first.keyName, credential])
    } finally {
      await Promise.all([first.close(), second.close()])
    }
  }, 180_000)
})
