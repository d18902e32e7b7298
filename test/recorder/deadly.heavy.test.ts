// One call must never stop all others: a reader that throws costs that call its content at once; one that ends the whole thread
// (exits, hangs, eats the memory) does so twice, then its call is stored raw and passed over.
import { expect, test } from 'vitest'
import type { Call } from '../../server/call.ts'
import { chatAnswer, chatRequest, openJournal, writeCall } from './calls.ts'
import { query, temporaryFolder } from './support.ts'
import { DEADLY, startThread } from './thread-support.ts'

const good = { request: chatRequest(), response: [chatAnswer()] }
const bad = (deadly: string) => ({ request: chatRequest(), response: [chatAnswer({ deadly })] })

async function record(deadly: string, hangMs = 10_000) {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  const before = await writeCall(journal, good)
  const victim = await writeCall(journal, bad(deadly))
  const after = await writeCall(journal, good)
  await journal.close()
  const recorder = startThread(dataDir, { workerUrl: DEADLY, hangMs })
  await recorder.recorded(3)
  await recorder.handle.stop()
  const call = (id: string) => recorder.calls.find((one) => one.id === id) as Call
  return { dataDir, recorder, victim: call(victim), others: [call(before), call(after)] }
}

test('a reader that throws: the call is kept with its bytes and says why, without any restart', async () => {
  const { recorder, victim, others, dataDir } = await record('throw')
  expect(recorder.handle.restarts()).toBe(0)
  expect(victim).toMatchObject({ outcome: 'ok', status: 200, usage: null, usageSource: 'none', costNano: null })
  expect(victim.decodeError).toMatch(/the reader fell over/)
  for (const call of others) expect(call).toMatchObject({ decodeError: null, usage: { input: 14, output: 5 } })
  expect(query(dataDir, 'select count(*) as n from payloads')).toEqual([{ n: 3 }])
})

test.each([
  ['exits', 'die', undefined],
  ['hangs', 'hang', 400],
])('a reader whose thread %s is passed over after the second time', async (_, deed, hangMs) => {
  const { recorder, victim, others, dataDir } = await record(deed, hangMs)
  expect(recorder.handle.restarts()).toBe(2)
  expect(recorder.failures).toHaveLength(2)
  expect(victim.decodeError).toMatch(/ended the recorder twice/)
  expect(victim).toMatchObject({ outcome: 'ok', usage: null })
  for (const call of others) expect(call).toMatchObject({ decodeError: null, usage: { input: 14, output: 5 } })
  expect(query(dataDir, 'select count(*) as n, count(distinct id) as ids from calls')).toEqual([{ n: 3, ids: 3 }])
  expect(query(dataDir, 'select count(*) as n from payloads')).toEqual([{ n: 3 }])
})

test('a reader that eats all memory ends the recorder, never the process, and is passed over', async () => {
  const { recorder, victim, others } = await record('eat')
  expect(victim.decodeError).toMatch(/ended the recorder twice/)
  for (const call of others) expect(call.decodeError).toBeNull()
  expect(recorder.failures.join()).toMatch(/memory/)
})
