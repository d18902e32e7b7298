// Requests that are no clean HTTP, or try to be two at once, are refused by status and end there: nothing of them reaches a provider.
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { exchange } from '../support/raw-client.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { callOf, CHAT, get, MESSAGES, post } from './support.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(json(chatAnswer()))
  weir = await startWeir({ providers: { openai: provider, anthropic: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const refused = async (lines: (string | Buffer)[]) => {
  const before = provider.requests.length
  const answer = await exchange(weir.port, lines)
  expect(provider.requests.length).toBe(before)
  return answer
}

const SMUGGLED = 'GET /openai/v1/smuggled HTTP/1.1\r\nhost: x\r\n\r\n'

test.each([
  ['content-length beside transfer-encoding', ['content-length: 4', 'transfer-encoding: chunked']],
  ['transfer-encoding beside content-length', ['transfer-encoding: chunked', 'content-length: 4']],
  ['two lengths', ['content-length: 0', `content-length: ${SMUGGLED.length}`]],
  ['the same length twice', ['content-length: 4', 'content-length: 4']],
  ['a list of lengths', ['content-length: 4, 4']],
  ['a signed length', ['content-length: +4']],
  ['an unknown transfer coding', ['transfer-encoding: xchunked']],
  ['chunked that is not the last coding', ['transfer-encoding: chunked, identity']],
  ['a space before the colon', ['transfer-encoding : chunked']],
  ['a folded header', ['x-a: b', ' transfer-encoding: chunked']],
  ['a NUL in a header', ['x-a: b\0c']],
])('%s: 400, and nothing goes upstream', async (_, headers) => {
  const answer = await refused([`POST ${CHAT} HTTP/1.1`, 'host: x', ...headers, '', `0\r\n\r\n${SMUGGLED}`])
  expect(answer.statusLine).toBe('HTTP/1.1 400 Bad Request')
  expect(JSON.parse(String(answer.body)).error.code).toBe('bad_request')
})

test('a chunked body whose chunks are none: 400, recorded as what the client did', async () => {
  const answer = await refused([
    `POST ${CHAT} HTTP/1.1`,
    'host: x',
    'content-type: application/json',
    'transfer-encoding: chunked',
    '',
    'zz\r\n{}\r\n0\r\n\r\n',
  ])
  expect(answer.statusLine).toBe('HTTP/1.1 400 Bad Request')
})

test.each([
  '/openai/../api/status',
  '/openai/%2e%2e/api/status',
  '/openai/v1/.%2E/x',
  '/./openai/v1/x',
  '/openai/v1/..',
])('%s: a dot segment is 400', async (path) => {
  const answer = await refused([`GET ${path} HTTP/1.1`, 'host: x', '', ''])
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 400 Bad Request', 'bad_target'])
})

test('the absolute form is 400: Weir is no proxy', async () => {
  const answer = await refused([`GET http://127.0.0.1:${provider.port}/openai/v1/x HTTP/1.1`, 'host: x', '', ''])
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 400 Bad Request', 'bad_target'])
})

test('CONNECT opens no tunnel', async () => {
  const before = provider.requests.length
  await expect(exchange(weir.port, [`CONNECT 127.0.0.1:${provider.port} HTTP/1.1`, 'host: x', '', ''])).rejects.toThrow(
    'closed without an answer',
  )
  expect(provider.requests.length).toBe(before)
})

test('a POST with Upgrade: h2c is a plain POST', async () => {
  const answer = await post(weir, CHAT, '{"model":"m"}', [
    'connection: Upgrade, HTTP2-Settings',
    'upgrade: h2c',
    'http2-settings: AAMAAABkAAQAAP__',
  ])
  expect(answer.statusLine).toBe('HTTP/1.1 200 OK')
  expect(provider.last().headers).not.toHaveProperty('upgrade')
  expect(provider.last().headers).not.toHaveProperty('http2-settings')
})

test('10,000 headers pass; more than 64 KiB of them is 431', async () => {
  const many = Array.from({ length: 10_000 }, () => 'a:b')
  const answer = await get(weir, '/openai/v1/x', many)
  expect(answer.statusLine).toBe('HTTP/1.1 200 OK')
  expect(provider.last().rawHeaders.filter((name, i) => i % 2 === 0 && name === 'a').length).toBe(10_000)
  expect(
    (
      await refused([
        'GET /openai/v1/x HTTP/1.1',
        'host: x',
        ...Array.from({ length: 70 }, (_, i) => `x-${i}: ${'v'.repeat(1000)}`),
        '',
        '',
      ])
    ).statusLine,
  ).toBe('HTTP/1.1 431 Request Header Fields Too Large')
})

test.each([
  ['bad JSON', Buffer.from('{"model":"m", "messages": [}')],
  ['no JSON at all', Buffer.from('model=m')],
  ['bad UTF-8', Buffer.from([0x7b, 0x22, 0x6d, 0x6f, 0x64, 0x65, 0x6c, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['a lone surrogate, escaped', Buffer.from('{"model":"\\ud800"}')],
  ['JSON nested 100,000 deep', Buffer.from(`{"model":"m","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
])('%s passes byte for byte on a provider’s own address: it is the provider’s to refuse', async (_, body) => {
  const answer = await post(weir, CHAT, body)
  expect(answer.statusLine).toBe('HTTP/1.1 200 OK')
  expect(provider.last().body.equals(body)).toBe(true)
  expect(await callOf(weir, answer)).toMatchObject({ outcome: 'ok', requestBytes: body.length })
})

test('under /v1 a body without a readable model is a 400 that says what to send', async () => {
  const answer = await refused([
    'POST /v1/chat/completions HTTP/1.1',
    'host: x',
    'content-type: application/json',
    'content-length: 12',
    '',
    '{"model": oh}'.slice(0, 12),
  ])
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 400 Bad Request', 'model_required'])
})

test('two requests in one write are answered in their order, whichever is ready first', async () => {
  provider.answer(async (request, response) => {
    if (request.path.endsWith('/first')) await new Promise((resolve) => setTimeout(resolve, 100))
    const body = Buffer.from(`${'x'.repeat(200_000)}${request.path.endsWith('/first') ? 'FIRST' : 'SECOND'}`)
    response.writeHead(200, { 'content-length': body.length })
    response.end(body)
  })
  const answer = await exchange(
    weir.port,
    ['GET /openai/v1/first HTTP/1.1', 'host: x', '', 'GET /openai/v1/second HTTP/1.1', 'host: x', '', ''],
    { after: /SECOND$/ },
  )
  const text = answer.raw.toString('latin1')
  expect(text.indexOf('FIRST')).toBeGreaterThan(200_000)
  expect(text.indexOf('SECOND')).toBeGreaterThan(text.indexOf('FIRST') + 200_000)
  expect(text.split('HTTP/1.1 200 OK').length - 1).toBe(2)
  provider.answer(json(chatAnswer()))
})

test('a second request that is no HTTP never gets into the first one’s answer', async () => {
  const begun = Promise.withResolvers<void>()
  let finish = () => {}
  provider.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('half')
    finish = () => void response.end(' whole')
    begun.resolve()
  })
  const socket = connect(weir.port, '127.0.0.1')
  let got = ''
  const half = Promise.withResolvers<void>()
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket
    .on('error', () => {})
    .on('data', (bytes) => {
      got += bytes.toString('latin1')
      if (got.includes('half')) half.resolve()
    })
  socket.write('GET /openai/v1/x HTTP/1.1\r\nhost: x\r\n\r\n')
  await Promise.all([begun.promise, half.promise])
  socket.write('\0\0 no http \0\r\n\r\n')
  await over
  expect(got).not.toContain('400 Bad Request')
  finish()
  provider.answer(json(chatAnswer()))
})

test('a wrong key is answered in the dialect’s own shape', async () => {
  const answer = await refused([
    `POST ${MESSAGES} HTTP/1.1`,
    'host: x',
    'x-weir-key: wk_wrong',
    'content-length: 2',
    '',
    '{}',
  ])
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 401 Unauthorized', 'key_invalid'])
  expect(JSON.parse(String(answer.body))).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
})
