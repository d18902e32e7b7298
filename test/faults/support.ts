/** A far side that says exactly the bytes a test wants it to say, HTTP or not, and what the tests of faults have in common. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import type { TestWeir } from '../support/weir.ts'
import { exchange, type RawAnswer } from '../support/raw-client.ts'

export interface RawUpstream {
  url: string
  port: number
  /** Says this to every request from now on; `request` is head and body as they came. */
  answer(how: (socket: Socket, request: string) => unknown): void
  /** Connections that are open now. */
  open(): number
  close(): Promise<void>
}

/** `whole: false` answers as soon as the head is there. */
export async function startRawUpstream({ whole = true } = {}): Promise<RawUpstream> {
  let how: (socket: Socket, request: string) => unknown = (socket) => socket.end()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
      if (whole && text.length < end + 4 + length) return
      const request = text
      text = ''
      how(socket, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    answer: (next) => void (how = next),
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export const http = (...lines: string[]): string => lines.join('\r\n')

export const CHAT = '/openai/v1/chat/completions'
export const MESSAGES = '/anthropic/v1/messages'
export const RESPONSES = '/openai/v1/responses'
export const GEMINI = '/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'

export const STREAM_BODY = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'

/** One POST over a bare socket. */
export const post = (
  weir: { port: number },
  path: string,
  body: string | Buffer = STREAM_BODY,
  headers: string[] = [],
): Promise<RawAnswer> =>
  exchange(weir.port, [
    `POST ${path} HTTP/1.1`,
    'host: x',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    body,
  ])

export const get = (weir: { port: number }, path: string, headers: string[] = []): Promise<RawAnswer> =>
  exchange(weir.port, [`GET ${path} HTTP/1.1`, 'host: x', ...headers, '', ''])

export const callOf = (weir: TestWeir, answer: RawAnswer) => weir.recorded(answer.header('x-weir-call-id')!)

/** The stored bytes of one direction. */
export async function stored(weir: { url: string }, id: string, kind: 'request' | 'response'): Promise<Buffer> {
  const answer = await fetch(`${weir.url}/api/calls/${id}/${kind}`, { headers: { 'accept-encoding': 'identity' } })
  expect(answer.status).toBe(200)
  return Buffer.from(await answer.arrayBuffer())
}

/** Nothing to wait for announces that a socket is gone on the other side too: asked until it is so. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  for (const until = Date.now() + withinMs; !(await holds()); await wait(20)) {
    if (Date.now() > until) throw new Error(`Not within ${withinMs} ms: ${what}`)
  }
}
