// A database that is locked, full or wrong about one row must cost nothing: calls wait in the journal, the status says why in
// words, and when it answers again every call is there once.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../db/open.ts'
import { chatAnswer, chatRequest, openJournal, recorderOptions, writeCall } from './calls.ts'
import { query, startTestRecorder, temporaryFolder } from './support.ts'
import { startThread } from './thread-support.ts'

const good = { request: chatRequest(), response: [chatAnswer()] }
const counts = (dataDir: string) => query(dataDir, 'select count(*) as n, count(distinct id) as ids from calls')

test('locked by another program for three seconds: said in words, then parity', async () => {
  const dataDir = temporaryFolder()
  const recorder = startThread(dataDir)
  const journal = await openJournal(dataDir, recorder.wake)
  await recorder.handle.ready
  const other = new Database(join(dataDir, 'weir.db'))
  other.exec('BEGIN IMMEDIATE')
  const writing = Array.from({ length: 50 }, () => writeCall(journal, good))
  await recorder.said(({ problem }) => problem?.startsWith('The database is locked by another program.') === true)
  await wait(500)
  expect(recorder.calls).toEqual([])
  other.exec('ROLLBACK')
  other.close()
  await Promise.all(writing)
  await recorder.recorded(50)
  await journal.close()
  await recorder.handle.stop()
  expect(recorder.statuses.at(-1)).toMatchObject({ problem: null, behindMs: 0, callsRecorded: 50 })
  expect(Math.max(...recorder.statuses.map(({ behindMs }) => behindMs))).toBeGreaterThan(1000)
  expect(counts(dataDir)).toEqual([{ n: 50, ids: 50 }])
})

const isRoot = process.getuid?.() === 0
test.runIf(process.platform === 'linux' && isRoot)(
  'the disk is full (a small tmpfs, as root): said in words, then parity',
  async (context) => {
    const disk = temporaryFolder()
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], { stdio: 'pipe' })
    } catch {
      return context.skip('a tmpfs cannot be mounted here')
    }
    onTestFinished(() => void execFileSync('umount', ['-l', disk]))
    const dataDir = join(disk, 'data')
    mkdirSync(dataDir)
    const recorder = startTestRecorder(recorderOptions(dataDir))
    await recorder.heard(({ type }) => type === 'ready')
    const journal = await openJournal(dataDir)
    for (let i = 0; i < 300; i++) await writeCall(journal, good)
    const filler = fill(join(disk, 'filler'))
    await recorder.heard(
      (message) => message.type === 'status' && message.status.problem?.startsWith('The disk is full.') === true,
    )
    rmSync(filler)
    await recorder.recorded(300)
    await journal.close()
    await recorder.stop()
    expect(counts(dataDir)).toEqual([{ n: 300, ids: 300 }])
  },
)

/** Takes all that is left. */
function fill(file: string): string {
  const fd = openSync(file, 'w')
  try {
    for (const size of [65_536, 4096]) for (;;) if (!tryWrite(fd, size)) break
  } finally {
    closeSync(fd)
  }
  return file
}

function tryWrite(fd: number, size: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(size, 1)) === size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}

test('a database that cannot be opened is asked again, and nothing is lost meanwhile', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  for (let i = 0; i < 5; i++) await writeCall(journal, good)
  let tries = 0
  const recorder = startTestRecorder(recorderOptions(dataDir), {
    openStore: () => {
      if (++tries < 3) throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' })
      return openStore(recorderOptions(dataDir))
    },
  })
  await recorder.recorded(5)
  expect(recorder.messages).toContainEqual({
    type: 'status',
    status: expect.objectContaining({ problem: expect.stringMatching(/^The database server cannot be reached\./) }),
  })
  await journal.close()
  await recorder.stop()
  expect(recorder.status()).toMatchObject({ problem: null })
})

test('a row that the database refuses for its values is stored without them, and holds up nobody', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  for (let i = 0; i < 5; i++)
    await writeCall(journal, i === 2 ? { ...good, response: [chatAnswer({ id: 'refuse-me' })] } : good)
  await journal.close()
  const recorder = startTestRecorder(recorderOptions(dataDir), {
    openStore: async () => {
      const store = await openStore(recorderOptions(dataDir))
      return {
        ...store,
        record: (batch) => {
          if (batch.calls.some(({ call }) => call.responseId === 'refuse-me')) throw new TypeError('cannot be bound')
          return store.record(batch)
        },
      }
    },
  })
  const calls = await recorder.recorded(5)
  await recorder.stop()
  expect(calls.map(({ decodeError }) => decodeError?.slice(0, 20) ?? null)).toEqual([
    null,
    null,
    'the database refused',
    null,
    null,
  ])
  expect(calls[2]).toMatchObject({ outcome: 'ok', usage: null, responseId: null })
  expect(counts(dataDir)).toEqual([{ n: 5, ids: 5 }])
})

test('asked to end while the database does not answer, it ends, and the next one records everything', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  for (let i = 0; i < 5; i++) await writeCall(journal, good)
  await journal.close()
  const first = startTestRecorder(recorderOptions(dataDir), {
    openStore: async () => ({
      ...(await openStore(recorderOptions(dataDir))),
      record: () => {
        throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' })
      },
    }),
  })
  await first.heard((message) => message.type === 'status' && message.status.problem !== null)
  await first.stop()
  expect(first.calls()).toEqual([])
  const second = startTestRecorder(recorderOptions(dataDir))
  await second.recorded(5)
  await second.stop()
  expect(counts(dataDir)).toEqual([{ n: 5, ids: 5 }])
})

test('segments go once they are recorded and safe in the database, not before', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  const segments = () =>
    readdirSync(join(dataDir, 'journal'), { recursive: true }).filter((name) => String(name).endsWith('.journal'))
  // 12 MB in segments of 4.
  const big = chatAnswer({ padding: 'x'.repeat(1024 * 1024) })
  const recorder = startTestRecorder(recorderOptions(dataDir))
  await recorder.heard(({ type }) => type === 'ready')
  for (let i = 0; i < 12; i++) await writeCall(journal, { request: chatRequest(), response: [big] })
  const open = await writeCall(journal, { request: chatRequest(), end: null })
  expect(open).toBeTruthy()
  await recorder.recorded(12)
  await recorder.stop()
  expect(segments()).toHaveLength(1)
  await journal.close()
})
