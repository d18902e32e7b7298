// Several processes may write to one data folder, and one of them records for all. A start that is open belongs to somebody who
// may live: it becomes `interrupted` only when that writer's lock is free.
import { expect, test } from 'vitest'
import { chatAnswer, chatRequest, end, openJournal, recorderOptions, writeCall } from './calls.ts'
import { query, startTestRecorder, temporaryFolder } from './support.ts'

const good = { request: chatRequest(), response: [chatAnswer()] }
const open = { request: chatRequest(), response: [chatAnswer().slice(0, 30)], end: null }

test("calls of all writers are recorded; only a dead writer's open call is interrupted", async () => {
  const dataDir = temporaryFolder()
  const alive = await openJournal(dataDir)
  const dead = await openJournal(dataDir)
  expect(alive.writer).not.toBe(dead.writer)
  const runs = await writeCall(alive, open)
  const done = await writeCall(alive, good)
  const cut = await writeCall(dead, open)
  const other = await writeCall(dead, good)
  // As a death does, this gives up the lock.
  await dead.close()

  const recorder = startTestRecorder(recorderOptions(dataDir))
  const calls = await recorder.recorded(3)
  const outcome = (id: string) => calls.find((call) => call.id === id)?.outcome
  expect([done, other, cut].map(outcome)).toEqual(['ok', 'ok', 'interrupted'])
  expect(outcome(runs)).toBeUndefined()

  // Its end is written after its beginning was read and the position stored.
  await alive.end(runs, end({ responseBytes: 30 }))
  await recorder.recorded(4)
  expect(recorder.calls().at(-1)).toMatchObject({ id: runs, outcome: 'ok' })
  await alive.close()
  await recorder.stop()
  expect(query(dataDir, 'select count(*) as n, count(distinct id) as ids from calls')).toEqual([{ n: 4, ids: 4 }])
})

test('an open call outlives the recorder: the next one knows its beginning', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  const id = await writeCall(journal, { ...open, response: [chatAnswer()] })
  await writeCall(journal, good)
  const first = startTestRecorder(recorderOptions(dataDir))
  await first.recorded(1)
  await first.stop()
  await journal.end(id, end())
  const second = startTestRecorder(recorderOptions(dataDir))
  const [call] = await second.recorded(1)
  expect(call).toMatchObject({ id, outcome: 'ok', usage: { input: 14, output: 5 }, preview: 'Hello, weir.' })
  await journal.close()
  await second.stop()
})

test('a second recorder stays quiet until the first has ended, then takes over', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  const first = startTestRecorder(recorderOptions(dataDir))
  await first.heard(({ type }) => type === 'ready')
  const second = startTestRecorder(recorderOptions(dataDir))
  await writeCall(journal, good)
  await first.recorded(1)
  expect(second.messages).toEqual([])
  await first.stop()
  await second.heard(({ type }) => type === 'ready')
  await writeCall(journal, good)
  await second.recorded(1)
  expect(first.calls()).toHaveLength(1)
  await journal.close()
  await second.stop()
})

test('a recorder that waits for its turn ends when it is asked to', async () => {
  const dataDir = temporaryFolder()
  const first = startTestRecorder(recorderOptions(dataDir))
  await first.heard(({ type }) => type === 'ready')
  const second = startTestRecorder(recorderOptions(dataDir))
  await second.stop()
  expect(second.messages).toEqual([{ type: 'stopped' }])
  await first.stop()
})
