// A client may leave at any moment. (Mid-body, before the answer and mid-stream stand in test/relay/client-gone.test.ts.) Here are the
// edges: before there is a call at all, when everything has been said, with its own half of the connection only, and with a reset.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, chatStream, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { CHAT, eventually, post, STREAM_BODY } from './support.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(json(chatAnswer()))
  weir = await startWeir({ providers: { openai: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const HEAD = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${STREAM_BODY.length}\r\n\r\n`
const refusedByParser = async () =>
  Number(/^weir_requests_refused_by_parser_total (\d+)/m.exec(await (await fetch(`${weir.url}/metrics`)).text())![1])

test.each(['', 'PO', 'POST /openai/v1/x HTTP/1.1\r\nhost: x\r\ncontent-'])(
  'after %j, before its headers are whole, it was no call',
  async (text) => {
    const before = [provider.requests.length, weir.calls.length]
    const client = connect(weir.port, '127.0.0.1')
    await once(client, 'connect')
    if (text !== '') await new Promise((resolve) => client.write(text, resolve))
    client.end()
    client.resume()
    await once(client, 'close')
    // A call after it is recorded after it: whatever there was to record of the first would stand before.
    const answer = await post(weir, CHAT)
    await weir.recorded(answer.header('x-weir-call-id')!)
    expect([provider.requests.length, weir.calls.length]).toEqual([before[0]! + 1, before[1]! + 1])
  },
)

test('half a request line is counted as refused by the parser', async () => {
  const before = await refusedByParser()
  const client = connect(weir.port, '127.0.0.1')
  client.on('error', () => {}).resume()
  client.end('POST /openai/v1/x HT')
  await once(client, 'close')
  await eventually('counted', async () => (await refusedByParser()) === before + 1)
})

test('once the last byte has come the call is ok, however the client hangs up', async () => {
  const words = chatStream(['a', 'b'])
  provider.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(words.join(''))
  })
  const client = connect(weir.port, '127.0.0.1')
  client.write(HEAD + STREAM_BODY)
  let got = ''
  await new Promise<void>((resolve) =>
    client.on('data', (bytes) => {
      got += String(bytes)
      if (got.endsWith('0\r\n\r\n')) resolve()
    }),
  )
  client.resetAndDestroy()
  expect(await weir.recorded(/x-weir-call-id: (\S+)/.exec(got)![1]!)).toMatchObject({
    outcome: 'ok',
    finishReason: 'stop',
  })
})

test.each([
  ['closes its half of the connection', 'end'],
  ['resets the connection', 'resetAndDestroy'],
] as const)('a client that %s while it waits has left: the upstream ends, the row says so', async (_, leave) => {
  const asked = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  provider.answer((_request, response) => {
    response.on('close', () => ended.resolve())
    asked.resolve()
  })
  const before = weir.calls.length
  const client = connect(weir.port, '127.0.0.1')
  client.on('error', () => {})
  client.write(HEAD + STREAM_BODY)
  await asked.promise
  client[leave]()
  await ended.promise
  const [call] = (await weir.recordedCount(before + 1)).slice(before)
  expect(call).toMatchObject({ outcome: 'client_abort', errorCode: 'client_gone', status: null })
})
