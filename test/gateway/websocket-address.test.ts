// An upgrade to an address where nothing speaks WebSocket gets an answer that a person can read.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { connect, type SocketProvider, startSocketProvider } from '../support/sockets.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: SocketProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startSocketProvider()
  weir = await startWeir({ providers: { openai: provider.url }, config: { basePath: '/weir' } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

async function refused(path: string) {
  const ws = new WebSocket(`ws://127.0.0.1:${weir.port}${path}`)
  ws.on('error', () => {})
  const [, response] = (await once(ws, 'unexpected-response')) as [unknown, IncomingMessage]
  return { status: response.statusCode, code: response.headers['x-weir-error'], body: JSON.parse(await text(response)) }
}

test.each(['/openai/v1/responses', '/weir/api/live', '/weir/app', '/'])(
  '%s is outside of the gateway: 404',
  async (path) => {
    const { status, code, body } = await refused(path)
    expect([status, code]).toEqual([404, 'unknown_provider'])
    expect(body.error.message).toContain('/weir/openai/v1/realtime')
  },
)

test('/v1/models has no WebSocket: 400', async () => {
  const { status, code, body } = await refused('/weir/v1/models')
  expect([status, code]).toEqual([400, 'bad_request'])
  expect(body.error.message).toContain('without the Upgrade header')
})

test('below basePath a WebSocket opens', async () => {
  const client = await connect(weir, '/openai/v1/responses')
  client.ws.close()
  expect(await client.closed).toBe(1005)
})
