/**
 * The two ends around Weir: a provider that answers each request with what was recorded, and a client that sends all of them over
 * a few kept-alive connections. Each end compares what it gets with what the other one sent, and notes every difference.
 */
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request as open, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { Exchange, Message } from './exchange.ts'

/** Enough to keep Weir busy; more only wait. */
const CONNECTIONS = 8

export interface Replay {
  /** Where every provider's `baseUrl` points. */
  url: string
  /** Sends all exchanges through the Weir on this port; gives the call id of each. */
  send(port: number): Promise<Map<Exchange, string>>
  /** What did not arrive as it was sent. */
  differences: { request: string[]; answer: string[] }
  close(): Promise<void>
}

export async function startReplay(exchanges: readonly Exchange[]): Promise<Replay> {
  const byName = new Map(exchanges.map((exchange) => [encodeURIComponent(exchange.name), exchange]))
  const differences: Replay['differences'] = { request: [], answer: [] }

  const server = createServer({ maxHeaderSize: 65_536, keepAliveTimeout: 60_000 }, async (incoming, response) => {
    const body = await read(incoming)
    const exchange = byName.get(String(incoming.headers['x-recording']))
    if (!exchange) return response.writeHead(500).end('no such recording')
    differences.request.push(...compareRequest(exchange, incoming, body))
    await answer(exchange, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    differences,
    async send(port) {
      const ids = new Map<Exchange, string>()
      const rest = exchanges.values()
      const work = async () => {
        for (const exchange of rest) {
          const got = await sendOne(port, agent, exchange)
          differences.answer.push(...compareAnswer(exchange, got.incoming, got.body))
          ids.set(exchange, String(got.incoming.headers['x-weir-call-id']))
        }
      }
      await Promise.all(Array.from({ length: CONNECTIONS }, work))
      return ids
    },
    async close() {
      agent.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function sendOne(
  port: number,
  agent: Agent,
  exchange: Exchange,
): Promise<{ incoming: IncomingMessage; body: Buffer }> {
  const { recording, request } = exchange
  const path = `/${recording.provider}${recording.path}`
  const headers = ['Host', 'localhost', ...request.headers, ...framing(exchange, request)]
  const outgoing = open({ host: '127.0.0.1', port, agent, method: recording.method, path, headers })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  await write(outgoing, request)
  const [incoming] = await answered
  return { incoming, body: await read(incoming) }
}

async function answer(exchange: Exchange, response: ServerResponse): Promise<void> {
  response.sendDate = false
  response.writeHead(exchange.recording.status, 'As Recorded', [
    ...exchange.answer.headers,
    ...framing(exchange, exchange.answer),
  ])
  await write(response, exchange.answer)
}

/** A cut body has no length that was told before: it comes in chunks. */
const framing = ({ isCut }: Exchange, { body }: Message): string[] =>
  isCut && body.length > 0 ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)]

/** Each piece in a turn of its own, so that it leaves as a chunk of its own. */
async function write(out: Writable, { pieces }: Message): Promise<void> {
  for (const piece of pieces) {
    out.write(piece)
    if (pieces.length > 1) await turn()
  }
  out.end()
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function* compareRequest(
  { name, recording, request }: Exchange,
  incoming: IncomingMessage,
  body: Buffer,
): Generator<string> {
  if (incoming.method !== recording.method) yield `${name}: method ${incoming.method}`
  if (incoming.url !== recording.path) yield `${name}: path ${incoming.url}`
  if (!body.equals(request.body))
    yield `${name}: ${body.length} bytes of request came, ${request.body.length} were sent`
  const got = endToEnd(incoming.rawHeaders)
  if (got !== lines(request.headers)) yield `${name}: request headers\n${got}\ninstead of\n${lines(request.headers)}`
}

function* compareAnswer(
  { name, recording, answer: sent }: Exchange,
  incoming: IncomingMessage,
  body: Buffer,
): Generator<string> {
  if (incoming.statusCode !== recording.status) yield `${name}: status ${incoming.statusCode}`
  if (incoming.statusMessage !== 'As Recorded') yield `${name}: reason ${incoming.statusMessage}`
  if (!body.equals(sent.body)) yield `${name}: ${body.length} bytes of answer came, ${sent.body.length} were sent`
  const got = endToEnd(incoming.rawHeaders)
  if (got !== lines(sent.headers)) yield `${name}: answer headers\n${got}\ninstead of\n${lines(sent.headers)}`
}

/** Host and framing belong to each connection; `x-weir-*` and `server-timing` are what Weir may add to an answer. */
const OWN = /^(?:host|connection|keep-alive|transfer-encoding|content-length|x-weir-[\w-]+|server-timing): /i

const endToEnd = (raw: readonly string[]): string =>
  lines(raw)
    .split('\n')
    .filter((line) => !OWN.test(line))
    .join('\n')

const lines = (raw: readonly string[]): string =>
  Array.from({ length: raw.length / 2 }, (_, i) => `${raw[2 * i]}: ${raw[2 * i + 1]}`).join('\n')
