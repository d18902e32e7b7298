// A WebSocket passes as bytes both ways, and each model response on it is a call of its own, also when frames are compressed.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startWeir, type TestWeir } from '../support/weir.ts'

let server: Server
let weir: TestWeir
let handshake: { rawHeaders: string[] }

const completed = (text: string) => ({
  type: 'response.completed',
  response: {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'gpt-5-mini',
    output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }],
    usage: { input_tokens: 11, output_tokens: 3, total_tokens: 14 },
  },
})

beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"no such socket"}}')
  })
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => [...offered][0] ?? false,
  })
  server.on('upgrade', (request, socket, head) => {
    handshake = { rawHeaders: request.rawHeaders }
    if (request.url!.includes('refused')) {
      socket.end(
        'HTTP/1.1 429 Too Many\r\ncontent-type: application/json\r\nretry-after: 7\r\ncontent-length: 15\r\n\r\n{"error":"slow"}'.slice(
          0,
          -1,
        ),
      )
      return
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.send(JSON.stringify({ type: 'session.created' }))
      ws.on('message', (data) => {
        const message = JSON.parse(String(data)) as { type: string; input?: string }
        if (message.type !== 'response.create') return
        ws.send(JSON.stringify({ type: 'response.created', response: { id: 'resp_1', model: 'gpt-5-mini' } }))
        ws.send(JSON.stringify({ type: 'response.output_text.delta', delta: `echo ${message.input}` }))
        ws.send(JSON.stringify(completed(`echo ${message.input}`)))
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  weir = await startWeir({ providers: { openai: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } })
})
afterAll(async () => {
  await weir.close()
  server.closeAllConnections()
  server.close()
})

const address = (path: string) => weir.url.replace('http', 'ws') + path

test.each([true, false])(
  'two responses on one socket are two calls, with their usage and text (compression %s)',
  async (compress) => {
    const seen: string[] = []
    const ws = new WebSocket(address('/openai/v1/responses'), ['openai-insecure-api-key.sk-test-0123456789abcdef'], {
      perMessageDeflate: compress,
      headers: { 'X-Case': 'Kept' },
    })
    const done = new Promise<void>((resolve) =>
      ws.on(
        'message',
        (data) => (
          seen.push(String(data)),
          seen.filter((text) => text.includes('completed')).length === 2 && resolve()
        ),
      ),
    )
    await once(ws, 'open')
    ws.send(JSON.stringify({ type: 'response.create', model: 'gpt-5-mini', input: 'one' }))
    ws.send(JSON.stringify({ type: 'response.create', model: 'gpt-5-mini', input: 'two' }))
    await done
    ws.close()
    const before = weir.calls.length
    expect(seen.map((text) => JSON.parse(text).type)).toEqual([
      'session.created',
      'response.created',
      'response.output_text.delta',
      'response.completed',
      'response.created',
      'response.output_text.delta',
      'response.completed',
    ])
    expect(handshake.rawHeaders).toContain('X-Case')
    const calls = (await weir.recordedCount(Math.max(before, compress ? 3 : 6))).slice(compress ? 0 : 3)
    const responses = calls.filter((call) => call.operation === 'responses')
    expect(responses).toHaveLength(2)
    for (const call of responses)
      expect(call).toMatchObject({
        outcome: 'ok',
        usage: { input: 11, output: 3 },
        usageSource: 'provider',
        responseModel: 'gpt-5-mini',
      })
    expect(responses.map((call) => call.preview).sort()).toEqual(['echo one', 'echo two'])
    expect(calls.filter((call) => call.auxiliary)).toHaveLength(1)
  },
)

test('an answer other than 101 passes as it came', async () => {
  const ws = new WebSocket(address('/openai/v1/realtime?refused=1'))
  const [, response] = (await once(ws, 'unexpected-response')) as [unknown, IncomingMessage]
  expect([response.statusCode, response.statusMessage, response.headers['retry-after']]).toEqual([429, 'Too Many', '7'])
  response.destroy()
})
