// Whole calls cost both threads their copying: they are sent while somebody listens, what every call comes to always is.
import { expect, onTestFinished, test } from 'vitest'
import type { StoredCall } from '../../server/recorder/messages.ts'
import { startRecorder } from '../../server/recorder/handle.ts'
import type { Call } from '../../server/call.ts'
import { openJournal, recorderOptions, writeCall } from './calls.ts'
import { temporaryFolder } from './support.ts'

test('whole calls come from the moment of asking on, until nobody asks any longer', async () => {
  const dataDir = temporaryFolder()
  const wake = new SharedArrayBuffer(4)
  const heard: { stored: StoredCall[]; calls: Call[] | null }[] = []
  let look = () => {}
  const recorder = startRecorder({
    workerUrl: new URL('../../server/recorder/worker.ts', import.meta.url),
    options: recorderOptions(dataDir, wake),
    onRecorded: (stored, calls) => {
      heard.push({ stored, calls })
      look()
    },
    onStatus: () => {},
  })
  onTestFinished(() => recorder.stop())
  const journal = await openJournal(dataDir, wake)
  onTestFinished(() => journal.close())
  const stored = async (id: string) => {
    for (;;) {
      const found = heard.find((message) => message.stored.some((call) => call.id === id))
      if (found) return found
      await new Promise<void>((resolve) => (look = resolve))
    }
  }

  const first = await writeCall(journal)
  expect(await stored(first)).toEqual({ stored: [{ id: first, outcome: 'ok' }], calls: null })

  recorder.listen(true)
  const second = await writeCall(journal)
  const whole = await stored(second)
  expect(whole.calls).toMatchObject([{ id: second, model: 'gpt-4o-mini', attempts: [{ n: 1 }] }])

  recorder.listen(false)
  const third = await writeCall(journal)
  expect((await stored(third)).calls).toBeNull()
})
