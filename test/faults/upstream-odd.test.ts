// Odd but legal answers pass as they are: nothing that a provider may say under HTTP makes Weir fail, alter it or fall over.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchange } from '../support/raw-client.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { callOf, CHAT, get, http, post, type RawUpstream, startRawUpstream, stored } from './support.ts'

let upstream: RawUpstream
let weir: TestWeir

beforeAll(async () => {
  upstream = await startRawUpstream()
  weir = await startWeir({ providers: { openai: upstream.url } })
})
afterAll(async () => {
  await weir.close()
  await upstream.close()
})

test.each(['102 Processing', '199 Miscellaneous'])(
  '%s before the answer is dropped, the answer comes',
  async (interim) => {
    upstream.answer((socket) =>
      socket.write(http(`HTTP/1.1 ${interim}`, 'x-interim: 1', '', 'HTTP/1.1 200 OK', 'content-length: 2', '', 'ok')),
    )
    const answer = await get(weir, '/openai/v1/x')
    expect([answer.statusLine, answer.header('x-interim'), String(answer.body)]).toEqual([
      'HTTP/1.1 200 OK',
      null,
      'ok',
    ])
    expect(await callOf(weir, answer)).toMatchObject({ outcome: 'ok', status: 200 })
  },
)

test.each([
  ['no link at all', 'x-other: 1'],
  ['a link that is none', 'link: nonsense'],
  ['several links', 'link: </a.css>; rel=preload, </b.css>; rel=preload'],
])('103 with %s does not disturb the answer', async (_, header) => {
  upstream.answer((socket) =>
    socket.write(http('HTTP/1.1 103 Early Hints', header, '', 'HTTP/1.1 200 OK', 'content-length: 2', '', 'ok')),
  )
  const answer = await exchange(weir.port, ['GET /openai/v1/x HTTP/1.1', 'host: x', '', ''], { after: /\r\n\r\nok$/ })
  expect(answer.raw.toString()).toMatch(/HTTP\/1\.1 200 OK\r\n/)
})

test('a redirect passes as it is: Weir follows none', async () => {
  upstream.answer((socket) =>
    socket.write(
      http(
        'HTTP/1.1 307 Temporary Redirect',
        'Location: http://127.0.0.1:1/elsewhere',
        'content-length: 5',
        '',
        'moved',
      ),
    ),
  )
  const answer = await post(weir, CHAT)
  expect([answer.statusLine, answer.header('location'), String(answer.body)]).toEqual([
    'HTTP/1.1 307 Temporary Redirect',
    'http://127.0.0.1:1/elsewhere',
    'moved',
  ])
  expect(await callOf(weir, answer)).toMatchObject({ outcome: 'ok', status: 307 })
})

test('HTTP/1.0 without a length ends with its connection, and is whole', async () => {
  upstream.answer((socket) => socket.end(http('HTTP/1.0 200 OK', 'content-type: text/plain', '', 'as in 1996')))
  const answer = await get(weir, '/openai/v1/x')
  expect([answer.statusLine, answer.whole, String(answer.body)]).toEqual(['HTTP/1.1 200 OK', true, 'as in 1996'])
  expect(await callOf(weir, answer)).toMatchObject({ outcome: 'ok', responseBytes: 10 })
})

test('60 KiB of headers pass', async () => {
  const big = Array.from({ length: 60 }, (_, i) => `x-big-${i}: ${'v'.repeat(1000)}`)
  upstream.answer((socket) => socket.write(http('HTTP/1.1 200 OK', 'content-length: 2', ...big, '', 'ok')))
  const answer = await get(weir, '/openai/v1/x')
  expect([answer.statusLine, answer.headers.filter(([name]) => name.startsWith('x-big-')).length]).toEqual([
    'HTTP/1.1 200 OK',
    60,
  ])
})

test.each([
  ['of another script', Buffer.from('日本語').toString('latin1')],
  ['in Latin-1', 'caf\xe9'],
  ['that is empty', ''],
])('a reason phrase %s costs the phrase at most, never the answer', async (_, reason) => {
  upstream.answer((socket) =>
    socket.write(Buffer.from(http(`HTTP/1.1 200 ${reason}`, 'content-length: 2', '', 'ok'), 'latin1')),
  )
  const answer = await get(weir, '/openai/v1/x')
  expect([answer.statusLine.slice(0, 12), String(answer.body)]).toEqual(['HTTP/1.1 200', 'ok'])
  expect(await callOf(weir, answer)).toMatchObject({ outcome: 'ok', status: 200 })
})

test('a trailer is announced where there can be none (HEAD; a length): the answer passes', async () => {
  upstream.answer((socket) =>
    socket.write(http('HTTP/1.1 200 OK', 'trailer: x-sum', 'transfer-encoding: chunked', '', '')),
  )
  const head = await exchange(weir.port, ['HEAD /openai/v1/x HTTP/1.1', 'host: x', '', ''])
  expect([head.statusLine, head.header('x-weir-target')]).toEqual(['HTTP/1.1 200 OK', 'openai'])
  upstream.answer((socket) => socket.write(http('HTTP/1.1 200 OK', 'trailer: x-sum', 'content-length: 2', '', 'ok')))
  const answer = await get(weir, '/openai/v1/x')
  expect([answer.statusLine, String(answer.body)]).toEqual(['HTTP/1.1 200 OK', 'ok'])
})

test('an HTTP/1.0 client gets trailers and chunks without their frame', async () => {
  upstream.answer((socket) =>
    socket.write(
      http(
        'HTTP/1.1 200 OK',
        'trailer: x-sum',
        'transfer-encoding: chunked',
        '',
        '4',
        'body',
        '0',
        'x-sum: 42',
        '',
        '',
      ),
    ),
  )
  const answer = await exchange(weir.port, ['GET /openai/v1/x HTTP/1.0', 'host: x', '', ''])
  expect([answer.statusLine.slice(9, 12), String(answer.body)]).toEqual(['200', 'body'])
})

test('what stands behind the declared length is not of this answer', async () => {
  upstream.answer((socket) =>
    socket.write(http('HTTP/1.1 200 OK', 'content-type: application/json', 'content-length: 2', '', '{}GARBAGE')),
  )
  const answer = await post(weir, CHAT)
  expect([answer.whole, String(answer.body)]).toEqual([true, '{}'])
  expect(await callOf(weir, answer)).toMatchObject({ outcome: 'ok', responseBytes: 2 })
  // The connection is spoiled; the next call must not meet what was left on it.
  upstream.answer((socket) => socket.write(http('HTTP/1.1 200 OK', 'content-length: 4', '', 'next')))
  expect(String((await post(weir, CHAT)).body)).toBe('next')
})

test('text that is cut within a character, byte by byte, arrives whole and is read whole', async () => {
  const event = Buffer.from(
    'data: {"id":"chatcmpl-u","model":"gpt-5-mini","choices":[{"index":0,"delta":{"content":"h\u00e9 \u{1F600} 日本"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
  )
  upstream.answer(async (socket) => {
    socket.setNoDelay(true)
    socket.write(http('HTTP/1.1 200 OK', 'content-type: text/event-stream', 'connection: close', '', ''))
    for (const byte of event) {
      socket.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.end()
  })
  const answer = await post(weir, CHAT)
  expect(answer.body.equals(event)).toBe(true)
  const call = await callOf(weir, answer)
  expect(call).toMatchObject({ outcome: 'ok', preview: 'h\u00e9 \u{1F600} 日本' })
  expect((await stored(weir, call.id, 'response')).equals(event)).toBe(true)
})

test('a line of 8 MB arrives whole and is stored whole', async () => {
  const head = 'data: {"id":"chatcmpl-l","model":"gpt-5-mini","choices":[{"index":0,"delta":{"content":"'
  const tail = '"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
  const event = Buffer.from(head + 'x'.repeat(8 * 1024 * 1024 - head.length - tail.length) + tail)
  upstream.answer((socket) =>
    socket.end(
      Buffer.concat([
        Buffer.from(
          http('HTTP/1.1 200 OK', 'content-type: text/event-stream', `content-length: ${event.length}`, '', ''),
        ),
        event,
      ]),
    ),
  )
  const answer = await post(weir, CHAT)
  expect(answer.body.equals(event)).toBe(true)
  const call = await callOf(weir, answer)
  expect(call).toMatchObject({ outcome: 'ok', truncated: false, finishReason: 'stop', responseBytes: event.length })
  expect((await stored(weir, call.id, 'response')).equals(event)).toBe(true)
})

test('gzip in the header, no gzip in the body: the bytes pass, and the row says that they could not be read', async () => {
  upstream.answer((socket) =>
    socket.write(
      http(
        'HTTP/1.1 200 OK',
        'content-type: application/json',
        'content-encoding: gzip',
        'content-length: 12',
        '',
        'not gzip {}!',
      ),
    ),
  )
  const answer = await post(weir, CHAT)
  expect(String(answer.body)).toBe('not gzip {}!')
  const call = await callOf(weir, answer)
  expect(call).toMatchObject({ outcome: 'ok', responseBytes: 12, decodeError: expect.stringContaining('gzip') })
})

test('a body that drips byte by byte is as alive as its bytes: idle counts from each of them', async () => {
  upstream.answer((socket) => {
    socket.write(http('HTTP/1.1 200 OK', 'content-length: 30', '', ''))
    let sent = 0
    const drip = setInterval(() => {
      socket.write('.')
      if (++sent === 30) clearInterval(drip)
    }, 60)
    socket.on('close', () => clearInterval(drip))
  })
  // 1.8 s in all, above each deadline.
  const answer = await get(weir, '/openai/v1/x', [
    'x-weir-timeout-idle: 1500ms',
    'x-weir-timeout-first-event: 1500ms',
    'x-weir-timeout-headers: 1500ms',
  ])
  expect([answer.whole, answer.body.length]).toEqual([true, 30])
})
