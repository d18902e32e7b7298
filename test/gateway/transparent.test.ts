// Promise 1: with nothing switched on, what the provider gets and what the client gets is what the other end sent: bytes, status,
// reason, header names in their case, order and number. The client here is a bare socket, so that no library tidies anything up.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { exchange } from '../support/raw-client.ts'
import { type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider()
  weir = await startWeir({ providers: { openai: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const pairs = (raw: string[]) => Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]])

test('the request arrives as it was sent, but for host and hop-by-hop headers', async () => {
  const body =
    '{ "model":"gpt-5-mini",  "messages":[{"role":"user","content":"h\\u00e9 \\ud83d\\ude00"}], "unknown": 1.0, "unknown": 2 }'
  await exchange(weir.port, [
    'POST /openai/v1/chat/completions?x=%2F&y=a+b&&z HTTP/1.1',
    'Host: somewhere',
    'X-Custom-CASE: One',
    'x-custom-case: two',
    'Authorization: Bearer sk-test-0123456789abcdef',
    'Content-Type: application/json; charset=UTF-8',
    'Connection: keep-alive, x-hop',
    'X-Hop: gone',
    'X-Weir-User: ann',
    'X-Latin: caf\xe9',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ])
  const seen = provider.last()
  expect(seen.text).toBe(body)
  expect(seen.path).toBe('/v1/chat/completions?x=%2F&y=a+b&&z')
  const got = pairs(seen.rawHeaders).filter(([name]) => !['connection', 'content-length'].includes(name!.toLowerCase()))
  expect(got).toEqual([
    ['host', `127.0.0.1:${provider.port}`],
    ['X-Custom-CASE', 'One'],
    ['x-custom-case', 'two'],
    ['Authorization', 'Bearer sk-test-0123456789abcdef'],
    ['Content-Type', 'application/json; charset=UTF-8'],
    ['X-Latin', 'caf\xe9'],
  ])
})

test('the answer arrives as it was sent, status, reason and duplicate headers included', async () => {
  const body = Buffer.from('{"odd":  "spacing",\r\n"n":1e400}')
  provider.answer((_, response) => {
    response.sendDate = false
    response.writeHead(418, 'Short and Stout', [
      'Set-Cookie',
      'a=1',
      'set-cookie',
      'b=2',
      'X-Request-ID',
      'req_1',
      'content-type',
      'application/json',
      'X-RateLimit-Remaining',
      '7',
      'Content-Length',
      String(body.length),
    ])
    response.end(body)
  })
  const answer = await exchange(weir.port, ['GET /openai/v1/odd HTTP/1.1', 'Host: x', '', ''])
  expect(answer.statusLine).toBe('HTTP/1.1 418 Short and Stout')
  expect(answer.body.equals(body)).toBe(true)
  const own = answer.headers.filter(([name]) => !/^(x-weir-|server-timing|connection|keep-alive)/i.test(name))
  expect(own).toEqual([
    ['Set-Cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['X-Request-ID', 'req_1'],
    ['content-type', 'application/json'],
    ['X-RateLimit-Remaining', '7'],
    ['Content-Length', String(body.length)],
  ])
  expect(answer.header('x-weir-call-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(answer.header('server-timing')).toMatch(/^weir;dur=[\d.]+, upstream;dur=[\d.]+$/)
})

test.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
])('a %s request passes compressed, and its content is read for the record', async (encoding, compress) => {
  const body = compress(Buffer.from('{"model":"gpt-5-mini","messages":[{"role":"user","content":"packed"}]}'))
  provider.answer(
    json({
      id: 'chatcmpl-9',
      object: 'chat.completion',
      model: 'gpt-5-mini',
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 },
    }),
  )
  const answer = await exchange(weir.port, [
    'POST /openai/v1/chat/completions HTTP/1.1',
    'Host: x',
    'content-type: application/json',
    `content-encoding: ${encoding}`,
    `content-length: ${body.length}`,
    '',
    body,
  ])
  expect(provider.last().body.equals(body)).toBe(true)
  expect(provider.last().headers['content-encoding']).toBe(encoding)
  const call = await weir.recorded(answer.header('x-weir-call-id')!)
  expect(call).toMatchObject({ model: 'gpt-5-mini', requestBytes: body.length, outcome: 'ok', changes: [] })
})

test('HEAD, 204 and unknown methods pass', async () => {
  provider.answer((request, response) => {
    response.writeHead(request.method === 'HEAD' ? 200 : 204, {
      'x-method': request.method,
      ...(request.method === 'HEAD' ? { 'content-length': '12345' } : {}),
    })
    response.end()
  })
  const head = await exchange(weir.port, ['HEAD /openai/v1/models HTTP/1.1', 'Host: x', '', ''])
  expect([head.statusLine, head.header('x-method'), head.header('content-length')]).toEqual([
    'HTTP/1.1 200 OK',
    'HEAD',
    '12345',
  ])
  for (const method of ['PATCH', 'DELETE', 'OPTIONS', 'PURGE', 'PROPFIND']) {
    const answer = await exchange(weir.port, [`${method} /openai/v1/thing HTTP/1.1`, 'Host: x', '', ''])
    expect([answer.statusLine, answer.header('x-method')]).toEqual(['HTTP/1.1 204 No Content', method])
  }
})

test('response trailers are forwarded', async () => {
  provider.answer((_, response) => {
    response.writeHead(200, { trailer: 'x-sum', 'content-type': 'text/plain' })
    response.write('body')
    response.addTrailers({ 'x-sum': '42' })
    response.end()
  })
  const answer = await exchange(weir.port, ['GET /openai/v1/x HTTP/1.1', 'Host: x', '', ''])
  expect(answer.raw.toString('latin1')).toMatch(/\r\n0\r\nx-sum: 42\r\n\r\n$/)
  expect(answer.header('trailer')).toBe('x-sum')
})

test('early hints are forwarded before the answer', async () => {
  provider.answer((_, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    response.writeHead(200, { 'content-length': '2' })
    response.end('ok')
  })
  const answer = await exchange(weir.port, ['GET /openai/v1/x HTTP/1.1', 'Host: x', '', ''], { after: /\r\n\r\nok$/ })
  expect(answer.raw.toString('latin1')).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nlink: <\/style\.css>; rel=preload\r\n/i)
})
