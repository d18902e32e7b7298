/**
 * One server, two houses: the gateway (node to node, raw bytes) and the app (Hono: dashboard, API, health). The choice is made
 * on the raw request target, before any router normalises it: `/openai/../api/x` must not reach the API.
 * Node's server is set up to leave answers alone: no date, no header limits below the providers', no request time-out
 * (a body may take its time; ingress.headTimeout watches for silence), keep-alive longer than any balancer's.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isGateway } from './gateway/address.ts'
import type { Handler } from './gateway/handle.ts'

export interface Houses {
  basePath: string
  gateway: Handler
  app: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown
  /** WebSocket handshakes for the gateway. */
  upgrade: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** A request that Node's parser refused: counted, since it can be no call. */
  unparsed: () => void
}

export function createHttpServer({ basePath, gateway, app, upgrade, unparsed }: Houses): Server {
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    outgoing.sendDate = false
    if (isGateway(incoming.url ?? '/', basePath)) void gateway(incoming, outgoing)
    else void app(incoming, outgoing)
  }
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: 60_000,
    keepAliveTimeout: 75_000,
    maxHeaderSize: 65_536,
    // A POST with `Upgrade: h2c` is a plain request to be answered, not an upgrade to be refused.
    shouldUpgradeCallback: (incoming) => incoming.headers.upgrade?.toLowerCase() === 'websocket',
  })
  server.maxHeadersCount = 0
  server.on('request', serve)
  // Answered by ingress, once address and key are known to be good.
  server.on('checkContinue', serve)
  server.on('checkExpectation', serve)
  server.on('upgrade', upgrade)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    unparsed()
    // As Node's own handler does: into an answer that has begun nothing may be written.
    const answering = (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage
    if (!socket.writable || error.code === 'ECONNRESET' || answering?.headersSent) return void socket.destroy()
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
    const body = JSON.stringify({
      error: {
        message: `Weir could not read this request as HTTP: ${error.message}`,
        type: 'invalid_request_error',
        param: null,
        code: 'bad_request',
      },
    })
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-weir-error: bad_request\r\nconnection: close\r\n\r\n${body}`,
    )
  })
  return server
}
