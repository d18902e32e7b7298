/** A provider that speaks WebSocket, on port 0: each connection is the test's to script. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { Call } from '../../server/call.ts'
import type { TestWeir } from './weir.ts'

export interface SocketProvider {
  url: string
  server: Server
  /** Called with every frame of a client, parsed where it is JSON. */
  onFrame(how: (ws: WebSocket, frame: any, isBinary: boolean) => void): void
  /** Frames that came, in order. */
  frames: string[]
  close(): Promise<void>
}

export async function startSocketProvider(): Promise<SocketProvider> {
  let how: (ws: WebSocket, frame: any, isBinary: boolean) => void = () => {}
  const frames: string[] = []
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 }, maxPayload: 512 * 2 ** 20 })
  sockets.on('connection', (ws) => {
    ws.on('error', () => {})
    ws.on('message', (data, isBinary) => {
      frames.push(String(data))
      how(ws, isBinary ? data : JSON.parse(String(data)), isBinary)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    onFrame: (next) => void (how = next),
    frames,
    close: async () => {
      for (const ws of sockets.clients) ws.terminate()
      server.closeAllConnections()
      server.close()
    },
  }
}

export interface Client {
  ws: WebSocket
  /** Messages so far. */
  seen: (string | Buffer)[]
  send(event: unknown): void
  /** Settles with the first message, past or to come, that holds this text. */
  saw(text: string): Promise<string>
  /** The Close frame's code, or 1006. */
  closed: Promise<number>
  /** The handshake's call. */
  callId: string
}

export async function connect(weir: TestWeir, path: string, { compress = false } = {}): Promise<Client> {
  const ws = new WebSocket(weir.url.replace('http', 'ws') + path, {
    perMessageDeflate: compress ? { threshold: 0 } : false,
  })
  const seen: (string | Buffer)[] = []
  const waiting = new Set<() => void>()
  let callId = ''
  ws.on('error', () => {})
  ws.on('upgrade', (response) => (callId = String(response.headers['x-weir-call-id'])))
  ws.on('message', (data, isBinary) => {
    seen.push(isBinary ? (data as Buffer) : String(data))
    for (const look of waiting) look()
  })
  const closed = new Promise<number>((resolve) => ws.on('close', resolve))
  await once(ws, 'open')
  return {
    ws,
    seen,
    send: (event) => ws.send(JSON.stringify(event)),
    saw: (text) =>
      new Promise((resolve) => {
        const look = () => {
          const found = seen.find((message) => typeof message === 'string' && message.includes(text))
          if (found === undefined) return
          waiting.delete(look)
          resolve(String(found))
        }
        waiting.add(look)
        look()
      }),
    closed,
    callId,
  }
}

/** The handshake's row and those of the responses on its socket, by outcome and operation. */
export async function rowsOf(
  weir: TestWeir,
  before: number,
  responses: number,
): Promise<{ handshake: Call; turns: Call[] }> {
  const rows = (await weir.recordedCount(before + responses + 1)).slice(before)
  return {
    handshake: rows.find((row) => row.operation === 'websocket')!,
    turns: rows
      .filter((row) => row.operation !== 'websocket')
      .sort((a, b) => (`${a.outcome} ${a.operation}` < `${b.outcome} ${b.operation}` ? -1 : 1)),
  }
}

/** The bytes that Weir kept of a call. */
export async function kept(weir: TestWeir, id: string, kind: 'request' | 'response'): Promise<string> {
  return (await fetch(`${weir.url}/api/calls/${id}/${kind}`)).text()
}
