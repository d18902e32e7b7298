// On Postgres the recorder waits for answers, and connections are cut: nothing may be lost, and nothing be there twice.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, whyNoPostgres, type Postgres } from '../support/postgres.ts'
import { chatAnswer, chatRequest, openJournal, writeCall } from './calls.ts'
import { temporaryFolder } from './support.ts'
import { startThread } from './thread-support.ts'

const reason = whyNoPostgres()
if (reason) console.warn(reason)

describe.skipIf(reason !== null)('on Postgres', () => {
  let server: Postgres
  beforeAll(async () => void (server = await startPostgres()), 60_000)
  afterAll(() => server?.close())

  test('connections that are cut under way, again and again: parity', async () => {
    const dataDir = temporaryFolder()
    const database = await server.create()
    const recorder = startThread(dataDir, { options: { database } })
    const journal = await openJournal(dataDir, recorder.wake)
    const admin = new pg.Client(database)
    await admin.connect()
    await recorder.handle.ready
    for (let round = 0; round < 4; round++) {
      await Promise.all(
        Array.from({ length: 25 }, () => writeCall(journal, { request: chatRequest(), response: [chatAnswer()] })),
      )
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
      )
    }
    await recorder.recorded(100)
    await journal.close()
    await recorder.handle.stop()
    const { rows } = await admin.query('select count(*)::int as n, count(distinct id)::int as ids from calls')
    await admin.end()
    expect(rows).toEqual([{ n: 100, ids: 100 }])
    expect(recorder.calls).toHaveLength(100)
    expect(recorder.statuses.at(-1)).toMatchObject({ problem: null, callsRecorded: 100 })
  })
})
