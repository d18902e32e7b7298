// Retention: content goes before calls, the index and the disk forget it, rollups keep the sums, and what expired says so.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { callPayload } from '../../db/queries/call-payload.ts'
import { findId } from '../../db/queries/find-id.ts'
import { getCall } from '../../db/queries/get-call.ts'
import { listCalls } from '../../db/queries/list-calls.ts'
import { overview } from '../../db/queries/overview.ts'
import type { PruneRequest, Store } from '../../db/store.ts'
import { NOON, createRandom, toCall, toPayload, toRecorded } from './calls.ts'
import { describeDatabases } from './databases.ts'

const DAY = 86_400_000
const RULES: PruneRequest = { contentBefore: null, callsBefore: null, maxBytes: null, chunk: 10 }

/** As the recorder does: until there is no more. */
const pruneAll = async (store: Store, rules: Partial<PruneRequest>) => {
  const total = { contentRemoved: 0, callsRemoved: 0, rounds: 0 }
  for (let more = true; more;) {
    const result = await store.prune({ ...RULES, ...rules })
    expect(result.callsRemoved).toBeLessThanOrEqual(10)
    total.contentRemoved += result.contentRemoved
    total.callsRemoved += result.callsRemoved
    total.rounds++
    more = result.more
  }
  return total
}

describeDatabases((databases) => {
  test('old content goes, its call stays and says that it expired', async () => {
    const { store, read, record } = await databases.open()
    const aged = toCall({ startedAt: NOON - 2 * DAY, responseId: 'resp_old', preview: 'secretword' })
    const fresh = toCall({ startedAt: NOON })
    const bare = toCall({ startedAt: NOON - 3 * DAY, capture: 'off' })
    for (const call of [aged, fresh])
      await record({
        call,
        payloads: [toPayload('request', 'body secretword')],
        searchText: 'the secretword stands here',
      })
    await record({ call: bare, payloads: [], searchText: '' })

    expect(await pruneAll(store, { contentBefore: NOON - DAY })).toMatchObject({ contentRemoved: 1, callsRemoved: 0 })
    expect(await callPayload(read, { id: aged.id, kind: 'request' })).toMatchObject({ expired: true })
    expect(await callPayload(read, { id: bare.id, kind: 'request' })).toBeNull()
    expect(await callPayload(read, { id: fresh.id, kind: 'request' })).toMatchObject({ expired: false })
    expect((await listCalls(read, { q: 'secretword' })).items.map(({ id }) => id)).toEqual([fresh.id])
    expect(await getCall(read, { id: aged.id })).toMatchObject({ id: aged.id, costNano: aged.costNano, preview: null })
    expect(await findId(read, { id: 'resp_old' })).toEqual([{ kind: 'call', id: aged.id }])
    expect(await pruneAll(store, { contentBefore: NOON - DAY })).toMatchObject({ contentRemoved: 0, rounds: 1 })
  })

  test('old calls go in chunks, and the sums of their month stay', async () => {
    const { store, read, record } = await databases.open()
    const calls = Array.from({ length: 55 }, (_, n) =>
      toRecorded({ startedAt: NOON - 10 * DAY + n, costNano: 3, tags: { a: 'b' }, requestId: `req_${n}` }, `word${n}`, [
        toPayload('response', 'x'),
      ]),
    )
    await record(...calls, toRecorded({ startedAt: NOON, costNano: 4 }))
    const result = await pruneAll(store, { callsBefore: NOON - DAY, contentBefore: NOON - DAY })
    expect(result).toMatchObject({ callsRemoved: 55, contentRemoved: 55 })
    expect(result.rounds).toBeGreaterThan(5)
    expect((await listCalls(read, {})).items.length).toBe(1)
    expect((await listCalls(read, { q: 'word7' })).items).toEqual([])
    expect(await findId(read, { id: 'req_7' })).toEqual([])
    for (const table of ['attempts', 'tags', 'payloads'] as const)
      expect(await read.db.$count(read.tables[table])).toBe(table === 'attempts' ? 1 : 0)
    const at = NOON - 10 * DAY
    expect((await overview(read, { from: at, to: at + 900_000, now: NOON })).now).toMatchObject({
      calls: 55,
      costNano: 165,
    })
    expect(await store.callsRecorded()).toBe(56)
  })

  test('when there are too many bytes the oldest content goes first, calls never', async () => {
    const { store, read, record } = await databases.open()
    const random = createRandom(1)
    const noise = () => Buffer.from(Uint32Array.from({ length: 10_000 }, () => random.next() * 2 ** 32).buffer)
    const calls = Array.from({ length: 30 }, (_, n) => toCall({ startedAt: NOON + n }))
    for (const call of calls)
      await record({
        call,
        payloads: [{ kind: 'request', bytes: noise(), contentType: null, contentEncoding: null }],
        searchText: '',
      })
    await pruneAll(store, { maxBytes: 700_000, chunk: 3 })
    const expired = await Promise.all(
      calls.map(async ({ id }) => (await callPayload(read, { id, kind: 'request' }))!.expired),
    )
    expect(expired[0]).toBe(true)
    expect(expired.at(-1)).toBe(false)
    expect(expired.lastIndexOf(true)).toBe(expired.indexOf(false) - 1)
    expect((await listCalls(read, { limit: 100 })).items.length).toBe(30)
  })

  test('minutes are dropped after a day, quarters stay', async () => {
    let now = NOON
    const { store, read, record } = await databases.open({ now: () => now })
    await record(toRecorded({ startedAt: NOON - 60_000, user: 'u' }))
    const steps = async () =>
      (
        await read.db
          .select({ step: read.tables.rollups.step, facet: read.tables.rollups.facet })
          .from(read.tables.rollups)
      )
        .map(({ step, facet }) => `${step} ${facet}`.trim())
        .sort()
    expect(await steps()).toEqual([
      '60000',
      '60000 *',
      '60000 model',
      '900000',
      '900000 *',
      '900000 model',
      '900000 user',
    ])
    now += 2 * DAY
    await pruneAll(store, {})
    expect(await steps()).toEqual(['900000', '900000 *', '900000 model', '900000 user'])
  })

  // Postgres frees rows by vacuum, when it likes.
  if (databases.kind === 'sqlite')
    test('after retention nothing of the text is left on the disk', async () => {
      const { store, dataDir, record } = await databases.open()
      const canary = (n: number) => `canary${n}word`
      for (let n = 0; n < 60; n++)
        await record(
          toRecorded({ startedAt: NOON + n, preview: canary(n) }, `${canary(n)} and more text`, [
            toPayload('request', canary(n)),
            toPayload('response', `${canary(n)} `.repeat(n * 40)),
          ]),
        )
      await store.checkpoint()
      const onDisk = () =>
        ['weir.db', 'weir.db-wal']
          .map((file) => readFileSync(join(dataDir, file), 'latin1'))
          .join('')
          .includes('canary')
      expect(onDisk()).toBe(true)
      await pruneAll(store, { contentBefore: NOON + DAY })
      // The log still holds old pages until it starts over.
      await store.checkpoint()
      await store.close()
      expect(readFileSync(join(dataDir, 'weir.db'), 'latin1').includes('canary')).toBe(false)
    })
})
