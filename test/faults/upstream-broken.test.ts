// What is not HTTP, or ends before its end, is never passed off as a clean answer: before the headers it is an error in the dialect's
// shape with a code that says whose fault it was, after them the dialect's error event or a broken connection.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatStream, messagesStream } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import {
  callOf,
  CHAT,
  GEMINI,
  get,
  http,
  MESSAGES,
  post,
  type RawUpstream,
  RESPONSES,
  startRawUpstream,
  stored,
} from './support.ts'

let upstream: RawUpstream
let weir: TestWeir

beforeAll(async () => {
  upstream = await startRawUpstream()
  weir = await startWeir({ providers: { openai: upstream.url, anthropic: upstream.url, gemini: upstream.url } })
})
afterAll(async () => {
  await weir.close()
  await upstream.close()
})

const BEFORE_HEADERS: [string, string, string][] = [
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'upstream_invalid'],
  ['a header with a control character', http('HTTP/1.1 200 OK', 'x-a: \x01', '', ''), 'upstream_invalid'],
  ['a folded header', http('HTTP/1.1 200 OK', 'x-a: a', ' b', '', ''), 'upstream_invalid'],
  [
    'two different lengths',
    http('HTTP/1.1 200 OK', 'content-length: 2', 'content-length: 3', '', 'ok'),
    'upstream_invalid',
  ],
  [
    'more than 64 KiB of headers',
    http(
      'HTTP/1.1 200 OK',
      ...Array.from({ length: 70 }, (_, i) => `x-${i}: ${'v'.repeat(1000)}`),
      'content-length: 0',
      '',
      '',
    ),
    'upstream_invalid',
  ],
  ['a status line and then the end', 'HTTP/1.1 200 OK\r\n', 'upstream_reset'],
]

const SHAPES: [string, RegExp][] = [
  [CHAT, /^\{"error":\{"message":.*"type":.*"code":"CODE"/],
  [MESSAGES, /^\{"type":"error","error":\{"type":"api_error","message":/],
  [GEMINI, /^\{"error":\{"code":502,"message":.*"status":"/],
]

test.each(BEFORE_HEADERS)('%s: 502 in the dialect’s shape', async (_, bytes, code) => {
  for (const [path, shape] of SHAPES) {
    upstream.answer((socket) => socket.end(Buffer.from(bytes, 'latin1')))
    const answer = await post(weir, path)
    expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 502 Bad Gateway', code])
    expect(String(answer.body)).toMatch(new RegExp(shape.source.replace('CODE', code)))
    expect(await callOf(weir, answer)).toMatchObject({ outcome: 'error', errorCode: code, status: 502 })
  }
})

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const STREAM_HEAD = http('HTTP/1.1 200 OK', 'content-type: text/event-stream', 'transfer-encoding: chunked', '', '')

const STREAMS: [string, string, RegExp][] = [
  [CHAT, chatStream(['a', 'b'])[0]!, /data: \{"error":\{.*"code":"upstream_invalid".*\}\n\n$/],
  [MESSAGES, messagesStream().slice(0, 4).join(''), /event: error\ndata: \{"type":"error",.*\}\n\n$/],
  [
    RESPONSES,
    'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1"}}\n\n',
    /data: .*upstream_invalid.*\n\n$/,
  ],
]

test.each(STREAMS)(
  '%s: a chunk that is none, between two events: the dialect’s error event',
  async (path, events, tail) => {
    upstream.answer((socket) => socket.end(`${STREAM_HEAD}${chunk(events)}zz\r\nnonsense`))
    const answer = await post(weir, path)
    expect(String(answer.body).startsWith(events)).toBe(true)
    expect(String(answer.body)).toMatch(tail)
    const call = await callOf(weir, answer)
    expect(call).toMatchObject({ outcome: 'upstream_abort', errorCode: 'upstream_invalid', status: 200 })
    expect(String(await stored(weir, call.id, 'response')).startsWith(events)).toBe(true)
  },
)

test('a stream that ends in the middle of an event without its last chunk is broken for the client too', async () => {
  upstream.answer((socket) => socket.end(`${STREAM_HEAD}${chunk(`${chatStream(['a'])[0]}data: {"cho`)}`))
  const answer = await post(weir, CHAT)
  expect(answer.whole).toBe(false)
  expect(await callOf(weir, answer)).toMatchObject({ outcome: 'upstream_abort', errorCode: 'upstream_reset' })
})

test('a stream that ends in the middle of an event, cleanly as HTTP sees it, passes as it is and is recorded with what it said', async () => {
  const cut = `${chatStream(['a', 'b']).slice(0, 2).join('')}data: {"cho`
  upstream.answer((socket) => socket.write(`${STREAM_HEAD}${chunk(cut)}0\r\n\r\n`))
  const answer = await post(weir, CHAT)
  expect([answer.whole, String(answer.body)]).toEqual([true, cut])
  expect(await callOf(weir, answer)).toMatchObject({ finishReason: null, usageSource: 'estimated' })
})

test('a body that is shorter than its length is broken for the client too', async () => {
  upstream.answer((socket) =>
    socket.end(http('HTTP/1.1 200 OK', 'content-type: application/json', 'content-length: 100', '', '{"id":1')),
  )
  const answer = await post(weir, CHAT)
  expect([answer.whole, String(answer.body)]).toEqual([false, '{"id":1'])
  expect(await callOf(weir, answer)).toMatchObject({
    outcome: 'upstream_abort',
    errorCode: 'upstream_reset',
    responseBytes: 7,
  })
})

test('chunks that break off in a whole body are broken for the client too', async () => {
  upstream.answer((socket) =>
    socket.end(
      `${http('HTTP/1.1 200 OK', 'content-type: application/json', 'transfer-encoding: chunked', '', '')}${chunk('{"id":1')}5\r\nab`,
    ),
  )
  const answer = await post(weir, CHAT)
  expect(answer.whole).toBe(false)
  expect(await callOf(weir, answer)).toMatchObject({ outcome: 'upstream_abort' })
})

test('an unasked 100 Continue, which the HTTP client cannot read, is an error and no hang', async () => {
  upstream.answer((socket) =>
    socket.write(http('HTTP/1.1 100 Continue', '', 'HTTP/1.1 200 OK', 'content-length: 2', '', 'ok')),
  )
  const answer = await get(weir, '/openai/v1/x')
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 502 Bad Gateway', 'upstream_invalid'])
})

test.each([
  ['before the headers', ''],
  ['within the headers', 'HTTP/1.1 200 OK\r\ncontent-ty'],
])('a reset (RST) %s is a 502', async (_, bytes) => {
  upstream.answer((socket) => {
    if (bytes === '') return socket.resetAndDestroy()
    socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy()))
  })
  const answer = await post(weir, MESSAGES)
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 502 Bad Gateway', 'upstream_reset'])
})
