// Old content and old calls go when the settings say so, and `weir prune` gets its answer; new calls are recorded all the while.
import { expect, test } from 'vitest'
import { chatAnswer, chatRequest, openJournal, recorderOptions, writeCall } from './calls.ts'
import { query, startTestRecorder, temporaryFolder } from './support.ts'

const DAY = 24 * 3_600_000
const good = { request: chatRequest(), response: [chatAnswer()] }

test('prune removes what is too old, and nothing else', async () => {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  const now = Date.now()
  for (const startedAt of [now - 500 * DAY, now - 100 * DAY, now])
    await writeCall(journal, { ...good, start: { startedAt } })
  const retention = { contentMs: 30 * DAY, callsMs: 400 * DAY, maxBytes: null }
  const recorder = startTestRecorder({ ...recorderOptions(dataDir), retention })
  await recorder.recorded(3)
  recorder.send({ type: 'prune', id: 7 })
  expect(await recorder.heard(({ type }) => type === 'pruned')).toMatchObject({ id: 7, callsRemoved: 1 })
  await journal.close()
  await recorder.stop()
  expect(query(dataDir, 'select content from calls order by started_at')).toEqual([
    { content: 'expired' },
    { content: 'kept' },
  ])
  expect(recorder.status()).toMatchObject({ callsRecorded: 3 })
})

test('new settings hold from then on: retention at once, prices for the next calls', async () => {
  const dataDir = temporaryFolder()
  const wake = new SharedArrayBuffer(4)
  const journal = await openJournal(dataDir, wake)
  const options = recorderOptions(dataDir, wake)
  const recorder = startTestRecorder(options)
  await writeCall(journal, { ...good, start: { startedAt: Date.now() - 100 * DAY } })
  const [before] = await recorder.recorded(1)
  expect(before?.costNano).toBe(5100)
  recorder.send({
    type: 'settings',
    settings: {
      providers: options.providers,
      prices: { overrides: [{ model: 'gpt-4o*', inputPerMillion: 1, outputPerMillion: 2 }], aliases: {} },
      capture: options.capture,
      retention: { contentMs: DAY, callsMs: null, maxBytes: null },
    },
  })
  await writeCall(journal, good)
  const [, after] = await recorder.recorded(2)
  expect(after).toMatchObject({ costNano: 14 * 1000 + 5 * 2000, costSource: 'override weir.yaml' })
  const expired = () => query(dataDir, "select id from calls where content = 'expired'")
  await expect.poll(expired, { timeout: 30_000 }).toEqual([{ id: before?.id }])
  await journal.close()
  await recorder.stop()
})
