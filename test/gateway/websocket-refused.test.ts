// A response that Weir refuses gets the dialect's error event, and the socket stays open: its frame never reaches the provider, every other
// message does, whatever the two ends have agreed on about compression.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Call } from '../../server/call.ts'
import { kept } from '../support/sockets.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

const KEY = { name: 'small', secret: 'wk_small-0123456789-0123456789', models: ['gpt-5*'] }
const completed = {
  type: 'response.completed',
  response: {
    id: 'resp_1',
    status: 'completed',
    model: 'gpt-5',
    output: [],
    usage: { input_tokens: 1, output_tokens: 1 },
  },
}
/** Like in every message, and not to be compressed by itself: what is missing of it shows. */
const LONG = Array.from({ length: 60 }, (_, i) => createHash('sha256').update(String(i)).digest('base64')).join('')

let server: Server
let weir: TestWeir
let got: string[] = []
/** Settles when the provider may answer. */
let answer: (ws: WebSocket) => void

beforeAll(async () => {
  server = createServer()
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 }, maxPayload: 2 ** 27 })
  const anew = new WebSocketServer({
    noServer: true,
    perMessageDeflate: { threshold: 0, clientNoContextTakeover: true },
  })
  server.on('upgrade', (request, socket, head) => {
    const chosen = request.url!.includes('anew') ? anew : sockets
    chosen.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {})
      ws.on('message', (data, isBinary) => {
        got.push(isBinary ? `binary ${String(data)}` : String(data))
        if (!isBinary && String(data).includes('response.create')) answer(ws)
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  weir = await startWeir({
    providers: { openai: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    config: { providers: { openai: { apiKey: 'sk-weirs-own-0123456789' } }, keys: { list: [KEY] } },
  })
})
afterAll(async () => {
  await weir.close()
  server.closeAllConnections()
  server.close()
})
let before = 0
beforeEach(() => {
  before = weir.calls.length
  got = []
  answer = (ws) => ws.send(JSON.stringify(completed))
})

async function open({ path = '/openai/v1/responses', compress = true } = {}) {
  const ws = new WebSocket(weir.url.replace('http', 'ws') + path, {
    perMessageDeflate: compress ? { threshold: 0 } : false,
    headers: { authorization: `Bearer ${KEY.secret}` },
  })
  const heard: any[] = []
  const waiting = new Set<() => void>()
  ws.on('message', (data) => {
    heard.push(JSON.parse(String(data)))
    for (const look of waiting) look()
  })
  ws.on('error', () => {})
  await once(ws, 'open')
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => heard.length >= count && (waiting.delete(look), resolve())
      waiting.add(look)
      look()
    })
  return { ws, heard, until }
}
const create = (model: string, input: string, more = {}) =>
  JSON.stringify({ type: 'response.create', model, input: `${LONG} ${input}`, ...more })
const rows = async (count: number): Promise<Call[]> => (await weir.recordedCount(before + count)).slice(before)

test.each([
  ['no compression', { compress: false }],
  ['compression with a window over all messages', {}],
  ['compression of each message by itself', { path: '/openai/v1/responses?anew' }],
])('%s: the refused never arrives, all else does, and the socket goes on', async (_, how) => {
  const { ws, heard, until } = await open(how)
  const sent: string[] = []
  let answers = 0
  for (let round = 0; round < 3; round++) {
    const good = create('gpt-5', `good ${round}`)
    ws.send(good)
    sent.push(good)
    await until(++answers)
    ws.send(create('o9-pro', `refused ${round}`, { event_id: `evt_${round}` }))
    await until(++answers)
    expect(heard.at(-1)).toMatchObject({
      type: 'error',
      status: 403,
      error: { code: 'model_not_allowed', type: 'permission_error', event_id: `evt_${round}` },
    })
    ws.send(Buffer.from(`bytes ${round}`))
    sent.push(`binary bytes ${round}`)
  }
  const last = create('gpt-5', 'last')
  ws.send(last)
  await until(++answers)
  expect(got).toEqual([...sent, last])
  expect(ws.readyState).toBe(WebSocket.OPEN)
  ws.close(1000)
  const all = await rows(8)
  const turns = all.filter(({ operation }) => operation === 'responses')
  expect(turns.map(({ outcome }) => outcome).sort()).toEqual([...Array(4).fill('ok'), ...Array(3).fill('refused')])
  const refused = turns.find(({ outcome }) => outcome === 'refused')!
  expect(refused).toMatchObject({ errorCode: 'model_not_allowed', status: 403, key: 'small' })
  expect(await kept(weir, refused.id, 'request')).toContain('refused')
  expect(await kept(weir, refused.id, 'response')).toContain('model_not_allowed')
  const handshake = all.find(({ operation }) => operation === 'websocket')!
  expect(handshake).toMatchObject({ outcome: 'ok' })
  expect(handshake.changes.some(({ what }) => what.includes('uncompressed'))).toBe(Object.keys(how).length === 0)
})

test('many at once, one in many frames, a ping in its middle: order and bytes are kept', async () => {
  const { ws, heard, until } = await open()
  const pong = once(ws, 'pong')
  ws.send(create('gpt-5', 'one'))
  ws.send(create('o9-pro', 'no'))
  const split = create('gpt-5', 'in pieces')
  ws.send(split.slice(0, 100), { fin: false })
  ws.ping('alive')
  await pong
  ws.send(split.slice(100, 2000), { fin: false })
  ws.send(split.slice(2000), { fin: true })
  ws.send(create('o9-pro', 'no'))
  ws.send(create('gpt-5', 'two'))
  await until(5)
  expect(got.map((text) => JSON.parse(text).input.slice(LONG.length + 1))).toEqual(['one', 'in pieces', 'two'])
  expect(heard.map(({ type }) => type).sort()).toEqual(['error', 'error', ...Array(3).fill('response.completed')])
  ws.close(1000)
  await rows(6)
})

test('the event waits for the end of a message of the provider’s that is half there', async () => {
  const half = Promise.withResolvers<WebSocket>()
  answer = (ws) => {
    ws.send('{"type":"response.created","text":"', { fin: false }, () => half.resolve(ws))
  }
  const { ws, heard, until } = await open()
  ws.send(create('gpt-5', 'one'))
  const provider = await half.promise
  ws.send(create('o9-pro', 'no'))
  // What comes after the refused one has arrived: it is decided about.
  ws.send('{"type":"session.update"}')
  while (got.length < 2) await new Promise((resolve) => setImmediate(resolve))
  expect(heard).toEqual([])
  provider.send('the rest"}', { fin: true })
  provider.send(JSON.stringify(completed))
  await until(3)
  expect(heard.map(({ type }) => type)).toEqual(['response.created', 'error', 'response.completed'])
  ws.close(1000)
  await rows(3)
})

test('what a refused response would have read belongs to the next one', async () => {
  const { ws, until } = await open()
  ws.send(
    JSON.stringify({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: 'hello' } }),
  )
  ws.send(create('o9-pro', 'no'))
  ws.send(create('gpt-5', 'yes'))
  await until(2)
  ws.close(1000)
  const turn = (await rows(3)).find(({ outcome, operation }) => operation === 'responses' && outcome === 'ok')!
  expect(await kept(weir, turn.id, 'request')).toMatch(/^{"type":"conversation.item.create"/)
  expect(got).toHaveLength(2)
})

test('too long to be held: it flows on, and a refusal ends the socket', async () => {
  const { ws, heard } = await open({ compress: false })
  ws.send(create('o9-pro', 'x'.repeat(17 * 2 ** 20)))
  const [code] = await once(ws, 'close')
  expect(code).toBe(1008)
  expect(heard.at(-1)).toMatchObject({ type: 'error', error: { code: 'model_not_allowed' } })
  expect(got).toEqual([])
  await rows(2)
})
