// A WebSocket outlives many calls: each response on it is measured by the rights of the key as they are then. What is refused never
// reaches the provider; the socket stays open.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startWeir, type TestWeir } from '../support/weir.ts'

const SMALL = { name: 'small', secret: 'wk_small-0123456789-0123456789', models: ['gpt-5*'] }
const LEAKED = { name: 'leaked', secret: 'wk_leaked-0123456789-0123456789' }

let server: Server
let weir: TestWeir
const asked: string[] = []

const completed = (model: string) => ({
  type: 'response.completed',
  response: {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model,
    output: [],
    usage: { input_tokens: 1, output_tokens: 1 },
  },
})

beforeAll(async () => {
  server = createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) =>
    socket.on('message', (data) => {
      const { model } = JSON.parse(String(data)) as { model: string }
      asked.push(model)
      socket.send(JSON.stringify(completed(model)))
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  weir = await startWeir({
    providers: { openai: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    config: { providers: { openai: { apiKey: 'sk-weirs-own-0123456789' } }, keys: { list: [SMALL, LEAKED] } },
  })
})
afterAll(async () => {
  await weir.close()
  server.closeAllConnections()
  server.close()
})

async function open(secret: string) {
  const socket = new WebSocket(`${weir.url.replace('http', 'ws')}/openai/v1/responses`, {
    headers: { authorization: `Bearer ${secret}` },
  })
  socket.on('error', () => {})
  await once(socket, 'open')
  const ask = (model: string) => socket.send(JSON.stringify({ type: 'response.create', model, input: 'hi' }))
  return { socket, ask }
}

test('a model that is not allowed is refused before a byte of the question has passed', async () => {
  const { socket, ask } = await open(SMALL.secret)
  ask('gpt-5-mini')
  await once(socket, 'message')
  ask('o9-pro')
  const [said] = await once(socket, 'message')
  expect(String(said)).toContain('may not use the model')
  socket.close(1000)
  expect(asked).toEqual(['gpt-5-mini'])
  const calls = await weir.recordedCount(3)
  expect(calls.find(({ model }) => model === 'o9-pro')).toMatchObject({
    key: 'small',
    outcome: 'refused',
    status: 403,
    errorCode: 'model_not_allowed',
  })
})

test('a key that was taken away meanwhile is refused at the next response', async () => {
  const { socket, ask } = await open(LEAKED.secret)
  ask('m1')
  await once(socket, 'message')
  weir.configure({ keys: { list: [SMALL] } })
  ask('m2')
  await once(socket, 'message')
  socket.close(1000)
  expect(asked).not.toContain('m2')
  const calls = await weir.recordedCount(6)
  expect(calls.find(({ model }) => model === 'm2')).toMatchObject({
    key: 'leaked',
    outcome: 'refused',
    status: 401,
    errorCode: 'key_invalid',
  })
})
