// Which secret opens which key, and until when: judged at each use, so a date needs no timer and a change no restart.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { KeyRecord } from '../../server/policy/key.ts'
import { toKeyRecords, withDefaults } from '../../server/policy/key-config.ts'
import { createSecret, hashSecret, plainHash } from '../../server/policy/key-secret.ts'
import { createKeys } from '../../server/policy/keys.ts'

const pepper = randomBytes(32)
const [first, second] = [createSecret(), createSecret()]

const record = (name: string, secret: string, more: Partial<KeyRecord> = {}): KeyRecord => ({
  ...withDefaults({}),
  name,
  hash: hashSecret(pepper, secret),
  last4: secret.slice(-4),
  previousHash: null,
  previousUntil: null,
  revokedAt: null,
  createdAt: 0,
  source: 'api',
  ...more,
})

const open = (...records: KeyRecord[]) => {
  const clock = { now: 1_000 }
  const keys = createKeys({ now: () => clock.now })
  keys.load(records, pepper)
  return { clock, keys }
}

test('a secret opens its key, whatever was asked for before, and nothing when it is not known', () => {
  const { keys } = open(record('a', first))
  expect(keys.find(second)).toBeNull()
  expect(keys.find(first)?.name).toBe('a')
  expect(keys.find(first)?.usedAt).toBe(1_000)
  expect(keys.find(`${first} `)).toBeNull()
  keys.load([record('a', second)], pepper)
  expect([keys.find(first), keys.find(second)?.name]).toEqual([null, 'a'])
  expect(keys.find(second)).not.toHaveProperty('hash')
})

test('after a rotation both secrets open it until the overlap is over', () => {
  const rotated = record('a', second, { previousHash: hashSecret(pepper, first), previousUntil: 5_000 })
  const { keys, clock } = open(rotated)
  expect([keys.find(first)?.name, keys.find(second)?.name]).toEqual(['a', 'a'])
  clock.now = 5_000
  expect([keys.find(first), keys.find(second)?.name]).toEqual([null, 'a'])
  expect(keys.whyNot(first)).toMatch(
    /was replaced, and could be used until 1970-01-01T00:00:05.000Z. Use the new one, which ends in …/,
  )
})

test('it ends at its date, and at once when it is revoked; each says so', () => {
  const { keys, clock } = open(record('a', first, { expiresAt: 2_000 }), record('b', second, { revokedAt: 900 }))
  const found = keys.find(first)!
  expect([found.name, keys.stillGood(found), keys.find(second)]).toEqual(['a', true, null])
  clock.now = 2_000
  expect([keys.find(first), keys.stillGood(found)]).toEqual([null, false])
  expect(keys.whyNot(first)).toMatch(/^The Weir key "a" expired on 1970-/)
  expect(keys.whyNot(second)).toMatch(/^The Weir key "b" was revoked on 1970-/)
})

test('keys of weir.yaml need nothing of the database, and win over stored ones of their name', () => {
  const { keys } = open(record('a', first), record('b', second))
  const own = 'wk_chosen-by-the-owner-0-123'
  keys.configure(
    toKeyRecords([
      { name: 'a', hash: plainHash(own) },
      { name: 'c', secret: `${own}4` },
    ]),
  )
  expect(keys.list().map(({ name, source, last4 }) => [name, source, last4])).toEqual([
    ['a', 'config', ''],
    ['b', 'api', second.slice(-4)],
    ['c', 'config', '1234'],
  ])
  expect([keys.find(own)?.name, keys.find(`${own}4`)?.name, keys.find(first)]).toEqual(['a', 'c', null])
  keys.configure([])
  expect([keys.find(own), keys.find(first)?.name]).toEqual([null, 'a'])
})
