// A gateway that nobody uses must not keep a core awake.
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { chatAnswer, chatRequest, openJournal, writeCall } from './calls.ts'
import { temporaryFolder } from './support.ts'
import { startThread } from './thread-support.ts'

test('an idle recorder uses no processor time', async () => {
  const dataDir = temporaryFolder()
  const recorder = startThread(dataDir)
  const journal = await openJournal(dataDir, recorder.wake)
  await recorder.handle.ready
  await writeCall(journal, { request: chatRequest(), response: [chatAnswer()] })
  await recorder.recorded(1)
  // Checkpoint and measurement follow within seconds, later on a loaded machine. What never rests is busy in each of these.
  let share = 1
  for (let looks = 0; looks < 8 && share >= 0.01; looks++) {
    await wait(3000)
    const before = process.cpuUsage()
    await wait(3000)
    const { user, system } = process.cpuUsage(before)
    share = (user + system) / 3_000_000
  }
  expect(share).toBeLessThan(0.01)
  await journal.close()
})
