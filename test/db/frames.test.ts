// Deltas within a session: byte for byte, never to another delta, and what they refer to stays exactly as long as they do.
import { expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { callPayload } from '../../db/queries/call-payload.ts'
import { listCalls } from '../../db/queries/list-calls.ts'
import { DAY, createAgent, deltas, expectSound, pruneAll, readBack, rowsOf } from './agent.ts'
import { NOON, createRandom, toPayload } from './calls.ts'
import { describeDatabases } from './databases.ts'

describeDatabases((databases) => {
  test('turns of one lane are deltas; a new key frame comes when they have cost as much as it did', async () => {
    const opened = await databases.open()
    const agents = ['main', 'helper'].map((lane) => createAgent(createRandom(2), 'run-1', lane))
    const calls = Array.from({ length: 40 }, (_, n) => agents[n % 2]!(NOON + n))
    for (const call of calls) await opened.record(call)
    for (const call of calls) expect(await readBack(opened.read, call)).toEqual([true, true, true])
    const rows = await rowsOf(opened)
    const keys = rows.filter(({ framePk }) => framePk === null)
    expect(keys.length).toBeGreaterThan(3)
    expect(keys.length).toBeLessThan(14)
    await expectSound(opened)

    const other = {
      ...agents[0]!(NOON + 99),
      payloads: [{ ...toPayload('request', 'x'.repeat(5000)), contentEncoding: 'gzip' }],
    }
    const alone = createAgent(createRandom(2), 'run-1')(NOON + 99, { sessionId: null })
    await opened.record(other, alone)
    expect((await rowsOf(opened)).slice(-2).map(({ framePk }) => framePk)).toEqual([null, null])
  })

  test('a recorder that starts again goes on with the key frame that the database has', async () => {
    const first = await databases.open()
    const agent = createAgent(createRandom(3), 'run-1')
    const calls = [agent(NOON), agent(NOON + 1)]
    await first.record(...calls)
    const second = await databases.open({ dataDir: first.dataDir, database: first.database })
    calls.push(agent(NOON + 2))
    await second.record(calls[2]!)
    const [key, one, two] = await rowsOf(second)
    expect([key!.framePk, one!.framePk, two!.framePk]).toEqual([null, key!.callPk, key!.callPk])
    calls.push(agent(NOON + 2 * DAY))
    await second.record(calls[3]!)
    expect((await rowsOf(second))[3]).toMatchObject({ framePk: null })
    for (const call of calls) expect(await readBack(second.read, call)).toEqual([true, true, true])
  })

  test('the content of a key frame expires while its deltas live, and its bytes go with the last of them', async () => {
    const opened = await databases.open()
    const { store, read } = opened
    const agent = createAgent(createRandom(4), 'run-1')
    const calls = [agent(NOON, { requestId: 'req_key' }), agent(NOON + 10), agent(NOON + 20)]
    await opened.record(...calls)
    await pruneAll(store, { contentBefore: NOON + 5 })
    expect(await callPayload(read, { id: calls[0]!.call.id, kind: 'request' })).toMatchObject({ expired: true })
    expect(await readBack(read, calls[1]!)).toEqual([true, true, true])
    await expectSound(opened)
    await pruneAll(store, { callsBefore: NOON + 15 })
    expect(await readBack(read, calls[2]!)).toEqual([true, true, true])
    await expectSound(opened)
    // What has expired serves no new turn.
    calls.push(agent(NOON + 30))
    await opened.record(calls[3]!)
    expect((await rowsOf(opened)).at(-1)).toMatchObject({ framePk: null })
    await pruneAll(store, { contentBefore: NOON + 25 })
    expect(await read.db.$count(read.tables.payloads)).toBe(1)
    await expectSound(opened)
  })

  test('a key frame whose call is stored again keeps the bytes that deltas refer to', async () => {
    const opened = await databases.open()
    const agent = createAgent(createRandom(5), 'run-1')
    const calls = [agent(NOON, { outcome: 'interrupted' }), agent(NOON + 1)]
    await opened.record(...calls)
    const again = { ...calls[0]!, call: { ...calls[0]!.call, outcome: 'ok' as const }, searchText: 'endedwell' }
    again.payloads = [again.payloads[0]!, again.payloads[1]!, toPayload('response', 'whole')]
    calls.push(agent(NOON + 2))
    await opened.record(again, calls[2]!)
    for (const call of [again, calls[1]!, calls[2]!])
      expect(await readBack(opened.read, call)).toEqual([true, true, true])
    expect((await listCalls(opened.read, { q: 'endedwell' })).items.length).toBe(1)
    await expectSound(opened)
  })

  // Postgres frees rows by vacuum, when it likes.
  if (databases.kind === 'sqlite')
    test('after retention no word of a delta is left on the disk', async () => {
      const { store, dataDir, record } = await databases.open()
      const agent = createAgent(createRandom(7), 'run-1')
      for (let n = 0; n < 12; n++) {
        const turn = agent(NOON + n)
        await record({ ...turn, searchText: `canary${n}word ${turn.searchText}` })
      }
      await store.checkpoint()
      const onDisk = () => ['weir.db', 'weir.db-wal'].map((name) => readFileSync(join(dataDir, name), 'latin1')).join()
      expect(onDisk()).toContain('canary')
      await pruneAll(store, { contentBefore: NOON + 6 })
      await pruneAll(store, { callsBefore: NOON + DAY })
      await store.checkpoint()
      expect(readFileSync(join(dataDir, 'weir.db'), 'latin1')).not.toContain('canary')
    })

  // A SQLite file belongs to one recorder.
  if (databases.kind === 'postgres')
    test('of two Weirs one prunes what the other would refer to: the batch is made again, nothing is orphaned', async () => {
      const one = await databases.open()
      const two = await databases.open({ database: one.database })
      const agent = createAgent(createRandom(6), 'run-1')
      await one.record(agent(NOON), agent(NOON + 1))
      await pruneAll(two.store, { callsBefore: NOON + 10 })
      const last = agent(NOON + 20)
      await one.record(last)
      expect(await readBack(two.read, last)).toEqual([true, true, true])
      await two.record(agent(NOON + 21))
      expect(await deltas(two)).toBe(1)
      await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          n % 5 === 4
            ? pruneAll(two.store, { contentBefore: NOON + 20 + n })
            : (n % 2 ? one : two).record(agent(NOON + 30 + n)),
        ),
      )
      await expectSound(one)
    })
})
