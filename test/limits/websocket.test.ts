// On a WebSocket each response is a call: one that a limit refuses gets the dialect's error event, is recorded, and reaches nobody.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startWeir } from '../support/weir.ts'

const completed = {
  type: 'response.completed',
  response: {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'gpt-5-mini',
    output: [],
    usage: { input_tokens: 11, output_tokens: 3 },
  },
}

test('a response beyond the limit is refused, those before it pass', async () => {
  const asked: string[] = []
  const server = createServer()
  new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } }).on('connection', (ws) =>
    ws.on('message', (data) => {
      asked.push(String(data))
      ws.send(JSON.stringify(completed))
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const weir = await startWeir({
    providers: { openai: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    config: {
      limits: [
        { on: 'global', per: 'month', requests: 2 },
        { on: 'global', concurrency: 1 },
      ],
    },
  })
  onTestFinished(async () => {
    await weir.close()
    server.closeAllConnections()
    server.close()
  })
  await weir.ready
  // A limit that nobody has asked for sums or prices waits for a reader thread, and not for ever: here it runs already.
  await weir.api('/calls')
  const ws = new WebSocket(`${weir.url.replace('http', 'ws')}/openai/v1/responses`, {
    headers: { authorization: 'Bearer sk-x' },
  })
  const heard: any[] = []
  ws.on('message', (data) => heard.push(JSON.parse(String(data))))
  await once(ws, 'open')
  for (const input of ['one', 'two']) {
    ws.send(JSON.stringify({ type: 'response.create', model: 'gpt-5-mini', input }))
    await once(ws, 'message')
  }
  ws.send(JSON.stringify({ type: 'response.create', model: 'gpt-5-mini', input: 'three' }))
  await once(ws, 'message')
  expect(ws.readyState).toBe(WebSocket.OPEN)
  expect(heard.at(-1)).toMatchObject({ type: 'error', error: { code: 'rate_limited', type: 'rate_limit_error' } })
  expect(heard.at(-1).error.message).toContain('2 requests per month for all calls')
  expect(asked.length).toBe(2)
  ws.close(1000)
  const rows = await weir.recordedCount(4)
  expect(
    rows.filter(({ operation }) => operation === 'responses').map(({ outcome, errorCode }) => [outcome, errorCode]),
  ).toEqual([
    ['ok', null],
    ['ok', null],
    ['refused', 'rate_limited'],
  ])
  const { items } = await weir.api('/budgets')
  expect(items.map(({ limit, used, reserved }: any) => [limit.unit, used > 0, reserved])).toEqual([
    ['requests', true, 0],
    ['concurrency', false, 0],
  ])
})
