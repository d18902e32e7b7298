// The stored keys are the same on both databases: a name is given once, two changes at once undo nothing, figures come from rollups.
import { expect, test } from 'vitest'
import { openWriteDb } from '../../db/open.ts'
import { getKey, insertKey, listKeys, revokeKey, rotateKey, updateKey } from '../../db/queries/keys.ts'
import { keyDays, keysUsage } from '../../db/queries/key-usage.ts'
import type { KeyRow } from '../../db/tables.ts'
import { toRecorded } from '../db/calls.ts'
import { describeDatabases, type Databases } from '../db/databases.ts'

const row = (name: string, more: Partial<KeyRow> = {}): KeyRow => ({
  name,
  hash: `hash of ${name}`,
  last4: 'abcd',
  previousHash: null,
  previousUntil: null,
  owner: null,
  team: 'search',
  tags: { 'a"b': 'c\u0000d' },
  providers: null,
  models: ['gpt-5*'],
  routes: null,
  ips: null,
  limits: [],
  capture: null,
  expiresAt: null,
  revokedAt: null,
  createdAt: 1_800_000_000_000,
  disconnect: null,
  ...more,
})

const DAY = 86_400_000
const NOON = Date.UTC(2026, 10, 20, 12)

async function open(databases: Databases) {
  const opened = await databases.open({ now: () => NOON })
  return { ...opened, write: await openWriteDb(opened) }
}

describeDatabases((databases) => {
  test('a key comes back as it was written, and its name is not given again', async () => {
    const { write, read } = await open(databases)
    expect([await insertKey(write, row('b')), await insertKey(write, row('a', { tags: {} }))]).toEqual([true, true])
    expect(await insertKey(write, row('b', { hash: 'another' }))).toBe(false)
    expect(await listKeys(read)).toEqual([row('a', { tags: {} }), row('b')])
    await write.close()
  })

  test('each change touches its own columns; a revoked key stays revoked', async () => {
    const { write, read } = await open(databases)
    await insertKey(write, row('k'))
    await Promise.all([
      updateKey(write, 'k', { models: null, limits: [] }),
      rotateKey(write, 'k', { hash: 'second', last4: '2222', previousUntil: 5 }),
      updateKey(write, 'k', { owner: 'ann' }),
    ])
    expect(await getKey(read, 'k')).toEqual(
      row('k', {
        models: null,
        owner: 'ann',
        hash: 'second',
        last4: '2222',
        previousHash: 'hash of k',
        previousUntil: 5,
      }),
    )
    expect([await revokeKey(write, 'k', 7), await revokeKey(write, 'k', 9)]).toEqual([true, false])
    expect(await rotateKey(write, 'k', { hash: 'third', last4: '3333', previousUntil: 5 })).toBe(false)
    // The secret before the rotation ends with the key.
    expect(await getKey(read, 'k')).toMatchObject({ revokedAt: 7, hash: 'second', previousHash: null })
    expect([await updateKey(write, 'none', { owner: 'x' }), await getKey(read, 'none')]).toEqual([false, null])
    await write.close()
  })

  test('what calls with a key came to, in all and by day and model', async () => {
    const { record, read, write } = await open(databases)
    const call = (startedAt: number, key: string | null, more: object = {}) => toRecorded({ startedAt, key, ...more })
    await record(
      call(NOON, 'k', { costNano: 5, listNano: 5, responseModel: 'm1' }),
      call(NOON - 1000, 'k', { costNano: 7, listNano: 7, responseModel: 'm1' }),
      call(NOON - DAY, 'k', { costNano: null, listNano: null, responseModel: 'm2' }),
      call(NOON - 2 * DAY, 'other', { costNano: null, listNano: null }),
      call(NOON, null),
    )
    const { byKey, folded } = await keysUsage(read, { since: NOON - 30 * DAY })
    expect(folded).toBe(false)
    expect({ ...byKey }).toEqual({
      k: { lastAt: NOON, calls: 3, costNano: 12 },
      other: { lastAt: NOON - 2 * DAY, calls: 1, costNano: null },
    })
    const days = await keyDays(read, { key: 'k', since: NOON - 30 * DAY })
    expect(days).toMatchObject([
      { day: NOON - DAY / 2, model: 'm1', calls: 2, costNano: 12 },
      { day: NOON - 1.5 * DAY, model: 'm2', calls: 1, costNano: null },
    ])
    expect(await keyDays(read, { key: 'k', since: NOON })).toHaveLength(1)
    await write.close()
  })
})
