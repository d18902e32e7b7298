/**
 * The far side: a provider on port 0 that remembers what it was sent and answers as the test says. Bytes in and out are raw, so
 * that a test can claim "unchanged". Everything else in the tests is real.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  method: string
  /** Path and query as they came. */
  path: string
  rawHeaders: string[]
  headers: IncomingMessage['headers']
  body: Buffer
  text: string
  json: any
}

export type Answer = (request: SeenRequest, response: ServerResponse, incoming: IncomingMessage) => unknown

export interface FakeProvider {
  url: string
  port: number
  server: Server
  /** Every request that was read to its end, in order. */
  requests: SeenRequest[]
  last(): SeenRequest
  /** Answers from now on in this way. */
  answer(how: Answer): void
  /** Settles when a client's connection was closed before its answer had ended. */
  aborted: Promise<void>
  close(): Promise<void>
}

export async function startProvider(
  first: Answer = json({ ok: true }),
  options: { readBody?: boolean } = {},
): Promise<FakeProvider> {
  let how = first
  const requests: SeenRequest[] = []
  const aborted = Promise.withResolvers<void>()
  const server = createServer({ maxHeaderSize: 1_048_576, keepAliveTimeout: 60_000 }, (incoming, response) => {
    response.on('close', () => {
      if (!response.writableFinished) aborted.resolve()
    })
    void answerOne(incoming, response)
  })
  server.maxHeadersCount = 0

  async function answerOne(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    if (options.readBody !== false) {
      try {
        for await (const chunk of incoming) chunks.push(chunk as Buffer)
      } catch {
        return
      }
    }
    const seen = toSeen(incoming, Buffer.concat(chunks))
    requests.push(seen)
    await how(seen, response, incoming)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    requests,
    last: () => requests.at(-1)!,
    answer: (next) => void (how = next),
    aborted: aborted.promise,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function toSeen(incoming: IncomingMessage, body: Buffer): SeenRequest {
  return {
    method: incoming.method!,
    path: incoming.url!,
    rawHeaders: incoming.rawHeaders,
    headers: incoming.headers,
    body,
    get text() {
      return body.toString()
    },
    get json() {
      return JSON.parse(body.toString())
    },
  }
}

/** A whole JSON answer. */
export const json =
  (
    value: unknown,
    { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
  ): Answer =>
  (_, response) => {
    const body = JSON.stringify(value)
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...headers,
    })
    response.end(body)
  }

/** A stream of pieces, written one by one; `every` milliseconds apart, or each in a turn of its own. */
export const stream =
  (
    pieces: readonly (string | Buffer)[],
    {
      every = 0,
      contentType = 'text/event-stream',
      headers = {},
    }: { every?: number; contentType?: string; headers?: Record<string, string> } = {},
  ): Answer =>
  async (_, response) => {
    response.writeHead(200, { 'content-type': contentType, ...headers })
    for (const piece of pieces) {
      if (response.destroyed) return
      response.write(piece)
      await new Promise((resolve) => (every > 0 ? setTimeout(resolve, every) : setImmediate(resolve)))
    }
    response.end()
  }

export const sse = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

/** Chat Completions as OpenAI answers them, with usage that adds up. */
export function chatAnswer(text = 'Hello there.', more: Record<string, unknown> = {}) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'gpt-5-mini-2025-08-07',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
    ...more,
  }
}

/** The same as a stream, one word a chunk, `[DONE]` at the end; usage only when asked for, as OpenAI does. */
export function chatStream(words: readonly string[] = ['Hello', ' there', '.'], { usage = false } = {}): string[] {
  const chunk = (delta: unknown, finish: string | null = null) =>
    sse({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1_760_000_000,
      model: 'gpt-5-mini-2025-08-07',
      choices: [{ index: 0, delta, finish_reason: finish }],
    })
  const last = sse({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'gpt-5-mini-2025-08-07',
    choices: [],
    usage: { prompt_tokens: 12, completion_tokens: words.length, total_tokens: 12 + words.length },
  })
  return [
    chunk({ role: 'assistant', content: '' }),
    ...words.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    ...(usage ? [last] : []),
    sse('[DONE]'),
  ]
}

/** Anthropic's Messages as a stream. */
export function messagesStream(words: readonly string[] = ['Hello', ' there.']): string[] {
  const event = (type: string, data: Record<string, unknown>) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
  return [
    event('message_start', {
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5-20250929',
        content: [],
        stop_reason: null,
        usage: { input_tokens: 10, output_tokens: 1 },
      },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('ping', {}),
    ...words.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } }),
    event('message_stop', {}),
  ]
}
