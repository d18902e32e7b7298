// Capture below `full`: content goes to the recorder by message, and a message queue has no bound of its own. What is on its way is
// counted, what is beyond the capture limit stays behind, and a call that lost a piece says so.
import { expect, test } from 'vitest'
import { v7 } from 'uuid'
import type { Gateway } from '../../server/gateway/gateway.ts'
import { record } from '../../server/gateway/gateway.ts'
import { BodyRecord } from '../../server/gateway/body-record.ts'
import type { LiveCall } from '../../server/gateway/live.ts'
import { chatAnswer, chatRequest, openJournal, recorderOptions, writeCall } from './calls.ts'
import { startTestRecorder, temporaryFolder } from './support.ts'
import { startThread } from './thread-support.ts'

test('the handle takes as much as may be on its way, and more when the recorder has taken it', async () => {
  const { handle } = startThread(temporaryFolder(), { mostInFlight: 100 })
  const send = (length: number) =>
    handle.post({ type: 'body', callId: v7(), direction: 'request', bytes: Buffer.alloc(length) })
  // The thread cannot have begun to listen: all of this happens in one turn.
  expect([send(60), send(60), send(40), send(1)]).toEqual([true, false, true, false])
  await handle.ready
  await expect.poll(() => send(100), { timeout: 30_000 }).toBe(true)
})

test('only what may be kept is handed over, and nothing after a piece was lost', async () => {
  const handed: number[] = []
  let room = true
  const gateway = {
    content: (_id: string, _direction: string, bytes: Buffer) => {
      if (room) handed.push(bytes.length)
      return room
    },
    journal: { part: async () => true },
  } as unknown as Gateway
  const call = {
    id: 'x',
    capture: 'metadata',
    rules: { config: { capture: { maxBytes: 10 } } },
    request: new BodyRecord(),
    response: new BodyRecord(),
  } as unknown as LiveCall
  for (const direction of ['request', 'response'] as const) call[direction].expect(null, 0)
  for (const length of [6, 6, 6]) await record(call, gateway, 'request', Buffer.alloc(length), 0)
  expect(handed).toEqual([6, 4])
  room = false
  await record(call, gateway, 'response', Buffer.alloc(3), 0)
  room = true
  await record(call, gateway, 'response', Buffer.alloc(3), 0)
  expect([handed, call.response.bytes]).toEqual([[6, 4], 6])
})

test('a call that lost a piece is recorded without it, and says why its usage is not the provider’s', async () => {
  const dataDir = temporaryFolder()
  const wake = new SharedArrayBuffer(4)
  const journal = await openJournal(dataDir, wake)
  const recorder = startTestRecorder(recorderOptions(dataDir, wake))
  await recorder.heard(({ type }) => type === 'ready')
  const id = v7()
  const [request, answer] = [chatRequest(), chatAnswer()]
  recorder.send({ type: 'body', callId: id, direction: 'request', bytes: new Uint8Array(Buffer.from(request)) })
  recorder.send({
    type: 'body',
    callId: id,
    direction: 'response',
    bytes: new Uint8Array(Buffer.from(answer.slice(0, 40))),
  })
  await writeCall(journal, { id, start: { capture: 'metadata' }, request, response: [answer] })
  const [row] = await recorder.recorded(1)
  expect(row).toMatchObject({
    outcome: 'ok',
    usageSource: expect.stringMatching(/^(estimated|none)$/),
    decodeError: expect.stringMatching(/a part of it found no room/),
  })
  await journal.close()
  await recorder.stop()
})
