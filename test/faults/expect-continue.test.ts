// `Expect: 100-continue` asks before it sends: Weir says go on only when address and key are known to be good, and reads not one byte
// of a body that it will refuse.
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { CHAT, MESSAGES } from './support.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(json(chatAnswer()))
  weir = await startWeir({
    providers: { openai: provider, anthropic: provider },
    config: { providers: { anthropic: { apiKey: 'sk-weirs-own-0123456789' } } },
  })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const BODY = '{"model":"m","messages":[]}'

/** Sends the head, and the body only once it is told to. */
const ask = (port: number, path: string, headers: string[] = []): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let got = ''
    let sent = false
    socket.on('data', (bytes) => {
      got += bytes.toString('latin1')
      if (!sent && got.startsWith('HTTP/1.1 100 Continue\r\n\r\n')) {
        sent = true
        socket.write(BODY)
      }
      if (/HTTP\/1\.1 [2-5]\d\d[\s\S]*\r\n\r\n[\s\S]+/.test(got)) socket.destroy()
    })
    socket.on('close', () => resolve(got))
    socket.write(
      [
        `POST ${path} HTTP/1.1`,
        'host: x',
        'content-type: application/json',
        `content-length: ${BODY.length}`,
        'expect: 100-continue',
        ...headers,
        '',
        '',
      ].join('\r\n'),
    )
  })

test('a good address: 100, then the answer; the provider is asked for no 100 of its own', async () => {
  const got = await ask(weir.port, CHAT)
  expect(got).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  expect([provider.last().text, provider.last().headers['expect']]).toEqual([BODY, undefined])
})

test.each([
  ['an unknown provider', '/opneai/v1/x', [], /^HTTP\/1\.1 404 /],
  ['a wrong Weir key', CHAT, ['x-weir-key: wk_nobody'], /^HTTP\/1\.1 401 /],
  ['no credential where Weir’s own must be earned', MESSAGES, [], /^HTTP\/1\.1 401 /],
])('%s: refused at once, without a 100', async (_, path, headers, status) => {
  expect(await ask(weir.port, path, headers)).toMatch(status)
})

test('keys.unknown: refuse stands before the body too', async () => {
  const strict = await startWeir({ providers: { openai: provider }, config: { keys: { unknown: 'refuse' } } })
  const got = await ask(strict.port, CHAT, ['authorization: Bearer sk-of-the-client'])
  expect(got).toMatch(/^HTTP\/1\.1 401 [\s\S]*x-weir-error: key_invalid/)
  await strict.close()
})
