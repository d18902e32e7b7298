// A client that hangs up costs money if the provider goes on: the upstream request must end at once, and what the client got is kept.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatStream, type FakeProvider, startProvider, stream } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider()
  weir = await startWeir({ providers: { openai: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const BODY = '{"model":"gpt-5-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}'
const HEAD = `POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n`

test('leaving mid-stream ends the upstream request and keeps what was received', async () => {
  const words = Array.from({ length: 10_000 }, (_, i) => ` w${i}`)
  provider.answer(stream(chatStream(words), { every: 5 }))
  const client = connect(weir.port, '127.0.0.1')
  client.write(HEAD + BODY)
  let received = ''
  const id = await new Promise<string>((resolve) =>
    client.on('data', (bytes) => {
      received += String(bytes)
      const found = /x-weir-call-id: (\S+)/.exec(received)
      if (found && received.includes('w5')) resolve(found[1]!)
    }),
  )
  client.destroy()
  await provider.aborted
  const call = await weir.recorded(id)
  expect(call).toMatchObject({
    outcome: 'client_abort',
    errorCode: 'client_gone',
    status: 200,
    usageSource: 'estimated',
  })
  expect(call.events).toBeGreaterThanOrEqual(6)
  expect(call.events).toBeLessThan(1000)
})

test('leaving before the answer has begun ends the upstream request', async () => {
  const asked = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  provider.answer((_, response) => {
    response.on('close', () => ended.resolve())
    asked.resolve()
  })
  const before = weir.calls.length
  const client = connect(weir.port, '127.0.0.1')
  client.write(HEAD + BODY)
  await asked.promise
  client.destroy()
  await ended.promise
  const [call] = (await weir.recordedCount(before + 1)).slice(before)
  expect(call).toMatchObject({ outcome: 'client_abort', status: null, model: 'gpt-5-mini' })
})

test('leaving in the middle of the own request is a call too, with what had come', async () => {
  const before = weir.calls.length
  const client = connect(weir.port, '127.0.0.1')
  client.write(HEAD + BODY.slice(0, 20))
  await once(client, 'connect')
  client.end()
  const [call] = (await weir.recordedCount(before + 1)).slice(before)
  expect(call).toMatchObject({ outcome: 'client_abort', requestBytes: 20 })
})
