// As deadly.test.ts, for a call whose reading takes all memory: the thread has a limit of its own, so the process lives on.
import { expect, test } from 'vitest'
import { chatAnswer, chatRequest, openJournal, writeCall } from './calls.ts'
import { temporaryFolder } from './support.ts'
import { DEADLY, startThread } from './thread-support.ts'

test('a reader that eats all memory ends the recorder, never the process, and is passed over', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  await writeCall(journal, { request: chatRequest(), response: [chatAnswer({ deadly: 'eat' })] })
  await writeCall(journal, { request: chatRequest(), response: [chatAnswer()] })
  await journal.close()
  const recorder = startThread(dataDir, { workerUrl: DEADLY })
  await recorder.recorded(2)
  expect(recorder.calls.map(({ decodeError }) => decodeError)).toEqual([
    expect.stringMatching(/ended the recorder twice/),
    null,
  ])
  expect(recorder.failures.join()).toMatch(/memory/)
})
