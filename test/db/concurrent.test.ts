// Readers and the recorder at once: a reader sees whole batches only, and a reader that holds on does not stop the recorder.
import { expect, test } from 'vitest'
import { listCalls } from '../../db/queries/list-calls.ts'
import { overview } from '../../db/queries/overview.ts'
import { openReadDb, openStore } from '../../db/open.ts'
import { NOON, toRecorded } from './calls.ts'
import { describeDatabases } from './databases.ts'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

describeDatabases((databases) => {
  test('questions between and during batches see whole batches, rows and rollups alike', async () => {
    const { store, read } = await databases.open()
    let writing = true
    const write = async () => {
      for (let n = 0; n < 40; n++) {
        const calls = Array.from({ length: 5 }, (_, i) =>
          toRecorded({ startedAt: NOON + n * 5 + i, costNano: 1 }, `batch ${n}`),
        )
        await store.record({ calls, positions: [{ writer: 'w', segment: 1, offset: n }], open: [] })
        await new Promise(setImmediate)
        if (n % 10 === 9) await store.checkpoint()
      }
      writing = false
    }
    const seen: number[] = []
    const ask = async () => {
      while (writing) {
        seen.push((await listCalls(read, { limit: 500 })).items.length)
        const { now } = await overview(read, { from: NOON - 900_000, to: NOON + 900_000 })
        expect(now.costNano).toBe(now.calls)
        seen.push(now.calls)
        await new Promise(setImmediate)
      }
    }
    await Promise.all([write(), ask()])
    expect(seen.length).toBeGreaterThan(2)
    for (const count of seen) expect(count % 5).toBe(0)
    expect((await listCalls(read, { limit: 500 })).items.length).toBe(200)
  })

  // A SQLite file belongs to one recorder.
  if (databases.kind === 'postgres')
    test('two recorders on one database add up, each with its own numbering', async () => {
      const one = await databases.open()
      const two = await databases.open({ database: one.database })
      await Promise.all(
        [...Array(10).keys()].map((n) => (n % 2 ? one : two).record(toRecorded({ startedAt: NOON + n, user: 'u' }))),
      )
      expect(await one.store.callsRecorded()).toBe(5)
      expect(await two.store.callsRecorded()).toBe(5)
      expect((await overview(two.read, { from: NOON, to: NOON + 900_000, q: 'user:u' })).now.calls).toBe(10)
      const rows = await one.read.db
        .select({ writer: one.read.tables.calls.writer, seq: one.read.tables.calls.seq })
        .from(one.read.tables.calls)
      for (const own of Map.groupBy(rows, ({ writer }) => writer).values())
        expect(own.map(({ seq }) => seq).sort()).toEqual([1, 2, 3, 4, 5])
    })
})

test('a checkpoint does not wait for a reader that holds an old snapshot, and says that it is not done', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-db-'))
  const store = await openStore({ dataDir, database: 'sqlite' })
  await store.record({ calls: [toRecorded()], positions: [], open: [] })
  const read = await openReadDb({ dataDir, database: 'sqlite' })
  const client = (
    read.db as unknown as { $client: { exec(sql: string): void; prepare(sql: string): { get(): unknown } } }
  ).$client
  client.exec('begin')
  client.prepare('select count(*) from calls').get()
  await store.record({ calls: [toRecorded()], positions: [], open: [] })
  expect(await store.checkpoint()).toBe(false)
  await store.record({ calls: [toRecorded()], positions: [], open: [] })
  client.exec('commit')
  expect(await store.checkpoint()).toBe(true)
  await read.close()
  await store.close()
})
