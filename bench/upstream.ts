/**
 * The provider of the benchmark, in a process of its own: answers at once with bytes made beforehand, so that what is measured is
 * the gateway. It speaks raw sockets, because a full HTTP server would be busier than the gateways in front of it.
 * `POST /small` `/large` a whole answer · `/sse` 40 events at once · `/drip` 40 events, 10 ms apart · `GET /count` requests served.
 */
import { createServer, type Socket } from 'node:net'

const chat = (text: string) =>
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'gpt-5-mini-2025-08-07',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 12, completion_tokens: 9, total_tokens: 21 },
  })
const chunk = (content: string) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'gpt-5-mini-2025-08-07', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`

const whole = (body: string) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
const framed = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const EVENTS = Array.from({ length: 40 }, (_, i) => chunk(` word${i}`))
const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n'
const TAIL = `${framed('data: [DONE]\n\n')}0\r\n\r\n`

const SMALL = whole(chat('The capital of France is Paris.'))
const LARGE = whole(chat('Lorem ipsum dolor sit amet, consectetur. '.repeat(2400)))
const SSE = Buffer.from(HEAD + EVENTS.map(framed).join('') + TAIL)

let served = 0

function answer(socket: Socket, path: string): void {
  if (path === '/count') return void socket.write(whole(String(served)))
  served++
  if (path.endsWith('/large')) socket.write(LARGE)
  else if (path.endsWith('/sse')) socket.write(SSE)
  else if (path.endsWith('/drip')) drip(socket)
  else socket.write(SMALL)
}

function drip(socket: Socket): void {
  let sent = 0
  socket.write(HEAD)
  const timer = setInterval(() => {
    if (sent < EVENTS.length) return void socket.write(framed(EVENTS[sent++]!))
    clearInterval(timer)
    socket.write(TAIL)
  }, 10)
  socket.once('close', () => clearInterval(timer))
}

const server = createServer({ noDelay: true }, (socket) => {
  let kept: Buffer = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (bytes) => {
    kept = kept.length === 0 ? bytes : Buffer.concat([kept, bytes])
    for (;;) {
      const end = kept.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = kept.toString('latin1', 0, end)
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (kept.length < end + 4 + length) return
      kept = kept.subarray(end + 4 + length)
      answer(socket, /^\w+ (\S+)/.exec(head)![1]!)
    }
  })
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  process.send?.({ port: (server.address() as { port: number }).port }),
)
