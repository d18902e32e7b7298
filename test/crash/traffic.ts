/**
 * Load for a Weir that is going to be killed: clients that go round and round over whole bodies and streams of four dialects, and
 * remember what they saw. A call is complete for its client when the client could know it: the body is whole by its length or its
 * last chunk, or the dialect's terminal event was there, whatever became of the connection after that.
 */
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { chatAnswer, chatStream, type FakeProvider, messagesStream, startProvider } from '../support/provider.ts'
import { seeded, upTo } from '../support/random.ts'

export interface Seen {
  /** The client's own number for the call: the provider's answer to it is found by it. */
  tag: string
  kind: string
  /** `x-weir-call-id`; null when no headers came. */
  id: string | null
  bytes: Buffer
  complete: boolean
  /** The answer ended as HTTP says. */
  ended: boolean
}

interface Kind {
  name: string
  path: string
  body(tag: string): string
  /** The pieces of the answer. */
  answer(tag: string, random: () => number): string[]
  /** The event, whole with its blank line, after which the client is satisfied; null: only HTTP tells the end. */
  terminal: RegExp | null
  stream: boolean
  /** A whole body goes with its length, or in chunks. */
  chunked?: boolean
}

const words = (tag: string, random: () => number) =>
  Array.from({ length: 3 + upTo(random, 25) }, (_, i) => ` ${tag}-${i}`)

const responsesStream = (tag: string, texts: string[]): string[] => {
  const event = (type: string, data: Record<string, unknown>) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
  const response = { id: `resp_${tag}`, object: 'response', model: 'gpt-5-mini', output: [] }
  const usage = { input_tokens: 5, output_tokens: texts.length, total_tokens: 5 + texts.length }
  return [
    event('response.created', { response: { ...response, status: 'in_progress' } }),
    ...texts.map((delta) =>
      event('response.output_text.delta', { item_id: 'm', output_index: 0, content_index: 0, delta }),
    ),
    event('response.completed', { response: { ...response, status: 'completed', usage } }),
  ]
}

const chatBody = (tag: string, more: Record<string, unknown>) =>
  JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: `say ${tag}` }], ...more })

const KINDS: Kind[] = [
  {
    name: 'chat',
    path: '/openai/v1/chat/completions',
    body: (tag) => chatBody(tag, {}),
    answer: (tag) => [JSON.stringify(chatAnswer(`said ${tag}`))],
    terminal: null,
    stream: false,
  },
  {
    name: 'chat in chunks',
    path: '/openai/v1/chat/completions',
    body: (tag) => chatBody(tag, {}),
    answer: (tag) => [JSON.stringify(chatAnswer(`said ${tag}`))],
    terminal: null,
    stream: false,
    chunked: true,
  },
  {
    name: 'long chat',
    path: '/openai/v1/chat/completions',
    body: (tag) => chatBody(tag, { n: 1 }),
    answer: (tag, random) => [JSON.stringify(chatAnswer(`${tag} ${'long '.repeat(upTo(random, 60_000))}`))],
    terminal: null,
    stream: false,
  },
  {
    name: 'chat stream',
    path: '/openai/v1/chat/completions',
    body: (tag) => chatBody(tag, { stream: true }),
    answer: (tag, random) => chatStream(words(tag, random), { usage: true }),
    terminal: /data: \[DONE\]\n\n/,
    stream: true,
  },
  {
    name: 'messages stream',
    path: '/anthropic/v1/messages',
    body: (tag) =>
      JSON.stringify({
        model: 'claude-sonnet-4-5',
        max_tokens: 9,
        stream: true,
        messages: [{ role: 'user', content: tag }],
      }),
    answer: (tag, random) => messagesStream(words(tag, random)),
    terminal: /data: {"type":"message_stop"}\n\n/,
    stream: true,
  },
  {
    name: 'responses stream',
    path: '/openai/v1/responses',
    body: (tag) => JSON.stringify({ model: 'gpt-5-mini', stream: true, input: tag }),
    answer: (tag, random) => responsesStream(tag, words(tag, random)),
    terminal: /data: {"type":"response.completed"[^\n]*\n\n/,
    stream: true,
  },
  {
    name: 'gemini',
    path: '/gemini/v1beta/models/gemini-2.5-flash:generateContent',
    body: (tag) => JSON.stringify({ contents: [{ role: 'user', parts: [{ text: tag }] }] }),
    answer: (tag) => [
      JSON.stringify({
        candidates: [{ content: { role: 'model', parts: [{ text: tag }] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 2, totalTokenCount: 6 },
        modelVersion: 'gemini-2.5-flash',
      }),
    ],
    terminal: null,
    stream: false,
  },
]

export interface Traffic {
  provider: FakeProvider
  /** Sends calls to this port from all clients at once until the returned function is called; settles when all have let go. */
  run(port: number, clients: number): () => Promise<void>
  seen: Seen[]
  /** What the provider answers to this call, whole. */
  answerTo(tag: string): Buffer
  /** Settles after the next call that is complete. */
  nextComplete(): Promise<void>
}

export async function createTraffic(seed: number): Promise<Traffic> {
  const seen: Seen[] = []
  const answers = new Map<string, Buffer>()
  let completed = Promise.withResolvers<void>()
  let count = 0

  const provider = await startProvider(async (asked, response) => {
    const tag = String(asked.headers['x-tag'])
    const random = seeded(Number(tag.split('-')[1]))
    const kind = KINDS[Number(asked.headers['x-kind'])]!
    const pieces = kind.answer(tag, random)
    answers.set(tag, Buffer.from(pieces.join('')))
    if (random() < 0.5) await wait(upTo(random, 40))
    response.writeHead(200, {
      'content-type': kind.stream ? 'text/event-stream' : 'application/json',
      ...(kind.stream || kind.chunked ? {} : { 'content-length': answers.get(tag)!.length }),
    })
    for (const piece of pieces) {
      if (response.destroyed) return
      for (const half of random() < 0.3
        ? [piece.slice(0, piece.length >> 1), piece.slice(piece.length >> 1)]
        : [piece]) {
        response.write(half)
        if (random() < 0.5) await wait(upTo(random, 6))
      }
    }
    response.end()
  })

  const callOnce = (port: number, agent: Agent, random: () => number): Promise<void> =>
    new Promise((resolve) => {
      const number = upTo(random, KINDS.length)
      const kind = KINDS[number]!
      const one: Seen = {
        tag: `${seed}-${++count}`,
        kind: kind.name,
        id: null,
        bytes: Buffer.alloc(0),
        complete: false,
        ended: false,
      }
      seen.push(one)
      const finish = () => {
        one.complete = true
        completed.resolve()
        completed = Promise.withResolvers()
      }
      const body = kind.body(one.tag)
      const asked = request(
        {
          port,
          host: '127.0.0.1',
          agent,
          path: kind.path,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'x-tag': one.tag,
            'x-kind': String(number),
          },
        },
        (answer) => {
          one.id = String(answer.headers['x-weir-call-id'])
          answer.on('data', (bytes: Buffer) => {
            one.bytes = Buffer.concat([one.bytes, bytes])
            if (!one.complete && kind.terminal !== null && kind.terminal.test(one.bytes.toString())) finish()
          })
          answer.on('end', () => {
            one.ended = answer.complete
            if (answer.complete && !one.complete) finish()
          })
          answer.on('close', resolve)
          answer.on('error', () => {})
        },
      )
      asked.on('error', () => resolve())
      asked.end(body)
    })

  return {
    provider,
    seen,
    answerTo: (tag) => answers.get(tag)!,
    nextComplete: () => completed.promise,
    run(port, clients) {
      const agent = new Agent({ keepAlive: true })
      let going = true
      const all = Array.from({ length: clients }, async (_, i) => {
        const random = seeded(seed * 1000 + count + i)
        while (going) await callOnce(port, agent, random)
      })
      return async () => {
        going = false
        await Promise.all(all)
        agent.destroy()
      }
    },
  }
}
