// The recorder as the main thread has it: a niced worker that hears the journal's bell, and that records everything before it ends.
import { readdirSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, test } from 'vitest'
import { chatAnswer, chatRequest, openJournal, writeCall } from './calls.ts'
import { query, temporaryFolder } from './support.ts'
import { startThread } from './thread-support.ts'

test('a call is recorded soon after its end, by the bell and not by polling, and published', async () => {
  const dataDir = temporaryFolder()
  const recorder = startThread(dataDir)
  const journal = await openJournal(dataDir, recorder.wake)
  await recorder.handle.ready
  const took: number[] = []
  for (let i = 1; i <= 5; i++) {
    const id = await writeCall(journal, { request: chatRequest(), response: [chatAnswer()] })
    const before = performance.now()
    await recorder.recorded(i)
    took.push(performance.now() - before)
    expect(recorder.calls.at(-1)).toMatchObject({ id, usage: { input: 14, output: 5 } })
  }
  // Polling alone would need up to 2 s each time; a loaded machine may be slow now and then.
  expect(Math.min(...took)).toBeLessThan(500)
  expect(recorder.seqs).toEqual([1, 2, 3, 4, 5])
  await journal.close()
  await recorder.handle.stop()
  expect(recorder.handle.restarts()).toBe(0)
})

test.runIf(process.platform === 'linux')('its thread is niced, the others are not', async () => {
  const recorder = startThread(temporaryFolder())
  await recorder.handle.ready
  const niceness = readdirSync('/proc/self/task').map((tid) => getPriority(Number(tid)))
  expect(niceness.filter((nice) => nice === 15)).toHaveLength(1)
  expect(getPriority(process.pid)).toBeLessThan(15)
})

test('stop records all that is in the journal, also what was written while nobody listened', async () => {
  const dataDir = temporaryFolder()
  const recorder = startThread(dataDir)
  await recorder.handle.ready
  // A journal without the bell.
  const journal = await openJournal(dataDir)
  for (let i = 0; i < 300; i++) void writeCall(journal, { request: chatRequest(), response: [chatAnswer()] })
  await journal.close()
  await recorder.handle.stop()
  expect(query(dataDir, 'select count(*) as n, count(distinct id) as ids from calls')).toEqual([{ n: 300, ids: 300 }])
  expect(recorder.calls).toHaveLength(300)
})
