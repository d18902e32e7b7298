/**
 * Every provider of the demo: one HTTP server on loopback that knows nothing but what the demo made up. A request that carries
 * the mark of a demo call is answered as its turn says, at its pace; anyone else's request is told that this is the demo.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toAnswer } from './answer.ts'
import { toStranger } from './stranger.ts'
import type { Turn } from './turn.ts'
import { DEMO_HEADER } from './wire/registry.ts'

export interface DemoProvider {
  /** `http://127.0.0.1:port`; a provider's base URL is this and its name. */
  url: string
  /** The turn will be asked for by its id, until it is forgotten. */
  expect(turn: Turn): void
  forget(turn: Turn): void
  /** From now on no answer takes any time: those that are being given end at once. */
  hurry(): void
  close(): Promise<void>
}

export async function startDemoProvider(): Promise<DemoProvider> {
  const expected = new Map<string, Turn>()
  const sleep = createSleep()
  const server = createServer({ keepAliveTimeout: 30_000 }, (incoming, response) => void answer(incoming, response))

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(incoming)
    if (body === null) return
    const id = String(incoming.headers[DEMO_HEADER] ?? '')
    const known = expected.get(id)
    const turn = known ? asAsked(known, incoming.url!, body) : toStranger(incoming.method!, incoming.url!, body)
    if (turn) await play(turn, response)
    else refuse(response)
  }

  async function play(turn: Turn, response: ServerResponse): Promise<void> {
    const { status, headers, headersMs, pieces, breaks } = toAnswer(turn)
    const startedAt = performance.now()
    const until = (ms: number) => sleep.for(startedAt + ms - performance.now())
    await until(headersMs)
    if (response.destroyed) return
    response.writeHead(status, STATUS_CODES[status] ?? 'Overloaded', headers)
    if (turn.stream) response.flushHeaders()
    for (const { atMs, text } of pieces) {
      await until(atMs)
      if (response.destroyed) return
      response.write(text)
    }
    if (breaks) response.destroy()
    else response.end()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    expect: (turn) => void expected.set(turn.id, turn),
    forget: (turn) => void expected.delete(turn.id),
    hurry: sleep.noMore,
    close: async () => {
      sleep.noMore()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Of a route any target may be asked: it answers under its own name and model, or stumbles. */
function asAsked(turn: Turn, url: string, body: string): Turn {
  if (turn.route === null) return turn
  const provider = url.split('/', 2)[1]!
  const { model } = JSON.parse(body) as { model: string }
  const { fault } = turn.stumble?.provider === provider ? turn.stumble : turn.reply
  return { ...turn, provider, model, reply: { ...turn.reply, fault } }
}

/** Waiting that can be given up everywhere at once. */
function createSleep() {
  const waking = new Set<() => void>()
  let over = false
  return {
    for: (ms: number): Promise<void> | void => {
      if (over || ms <= 0) return
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          waking.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        waking.add(wake)
      })
    },
    noMore: () => {
      over = true
      for (const wake of waking) wake()
    },
  }
}

/** null: the client left before it had said all. */
async function read(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
  } catch {
    return null
  }
  return Buffer.concat(chunks).toString()
}

function refuse(response: ServerResponse): void {
  const message =
    'The demo only knows chat, responses, messages, generateContent and embeddings. Start Weir without --demo to reach real providers.'
  response.writeHead(404, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: 'demo' } }))
}
