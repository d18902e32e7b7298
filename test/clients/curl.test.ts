// Plain `curl`, as in every provider's documentation, with another host in the address: whole answers, streams as they come,
// compressed answers, `Expect: 100-continue` before a large body, and forms with files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse } from '../support/client-house.ts'
import { run, start } from '../support/command.ts'
import { chat, chatEvents, TEXT } from '../support/formats-openai.ts'
import { hangsAfter } from '../support/speaker.ts'

let house: ClientHouse
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-curl-'))
  house = await openClientHouse(['openai'])
})
beforeEach(() => house.reset())
afterAll(async () => {
  await house.close()
  rmSync(folder, { recursive: true })
})

const url = () => house.at('/openai/v1/chat/completions')
const COMMON = ['-sS', '--max-time', '15', '-H', 'Authorization: Bearer sk-test-0123456789abcdef']
const JSON_TYPE = ['-H', 'Content-Type: application/json']
const question = (more: object = {}) =>
  JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Good day?' }], ...more })
const ok = {
  provider: 'openai',
  dialect: 'openai-chat',
  model: 'gpt-5-mini',
  status: 200,
  outcome: 'ok',
  decodeError: null,
}

test('a whole answer', async () => {
  const { code, text } = await run('curl', [...COMMON, ...JSON_TYPE, '-i', '-d', question(), url()])
  expect(code).toBe(0)
  const [head, body] = text.split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(body).toBe(JSON.stringify(chat({})))
  const row = await house.row()
  expect(row).toMatchObject({ ...ok, stream: false, usage: { input: 12, output: 5 }, usageSource: 'provider' })
  expect(head).toContain(`x-weir-call-id: ${row.id}`)
})

test('-N: each event is on the screen before the next one is made', async () => {
  const events = chatEvents({})
  const first = Promise.withResolvers<void>()
  house.answer(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(events.slice(0, 2).join(''))
    await first.promise
    response.end(events.slice(2).join(''))
  })
  const curl = start('curl', [...COMMON, ...JSON_TYPE, '-N', '-d', question({ stream: true }), url()])
  await curl.says(/"content":"Hello"/)
  first.resolve()
  const { code, text } = await curl.done
  expect([code, text]).toEqual([0, events.join('')])
  expect(await house.row()).toMatchObject({ ...ok, stream: true, finishReason: 'stop', preview: TEXT })
})

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
])('--compressed: an answer in %s is read by curl and for the row, and kept as it came', async (encoding, compress) => {
  const bytes = compress(Buffer.from(JSON.stringify(chat({}))))
  house.answer((_, response) =>
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': encoding,
        'content-length': bytes.length,
      })
      .end(bytes),
  )
  const { code, text } = await run('curl', [
    ...COMMON,
    ...JSON_TYPE,
    '--compressed',
    '-H',
    `Accept-Encoding: ${encoding}`,
    '-d',
    question(),
    url(),
  ])
  expect([code, text]).toEqual([0, JSON.stringify(chat({}))])
  expect(house.asked()[0]!.headers['accept-encoding']).toBe(encoding)
  expect(await house.row()).toMatchObject({ ...ok, usage: { input: 12, output: 5 }, responseBytes: bytes.length })
})

test('Expect: 100-continue, then 2 MB', async () => {
  const body = question({ user: 'ann', padding: 'x'.repeat(2 * 2 ** 20) })
  writeFileSync(join(folder, 'large.json'), body)
  const { code, text, errors } = await run('curl', [
    ...COMMON,
    ...JSON_TYPE,
    '-v',
    '-H',
    'Expect: 100-continue',
    '--data-binary',
    `@${join(folder, 'large.json')}`,
    url(),
  ])
  expect([code, text]).toEqual([0, JSON.stringify(chat({}))])
  expect(errors).toContain('< HTTP/1.1 100 Continue')
  expect(house.asked()[0]!.text).toBe(body)
  const row = await house.row()
  expect(row).toMatchObject({ ...ok, requestBytes: body.length, user: 'ann', truncated: false })
  expect((await house.body(row, 'request')).toString()).toBe(body)
})

test('Expect: 100-continue of a call that is refused: not a byte of the body is asked for', async () => {
  writeFileSync(join(folder, 'large.json'), 'x'.repeat(2 * 2 ** 20))
  const { code, text, errors } = await run('curl', [
    '-sS',
    '--max-time',
    '15',
    ...JSON_TYPE,
    '-v',
    '-H',
    'Authorization: Bearer wk_nobody_0123456789',
    '-H',
    'Expect: 100-continue',
    '--expect100-timeout',
    '10',
    '--data-binary',
    `@${join(folder, 'large.json')}`,
    url(),
  ])
  expect(code).toBe(0)
  expect(errors).not.toContain('100 Continue')
  expect(errors).toContain('< HTTP/1.1 401 Unauthorized')
  expect(JSON.parse(text)).toMatchObject({ error: { code: 'key_invalid' } })
  expect(await house.row()).toMatchObject({ outcome: 'refused', status: 401, requestBytes: 0 })
})

test('a form with a file arrives byte for byte', async () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 11) % 256))
  writeFileSync(join(folder, 'sea.bin'), bytes)
  const { code, text } = await run('curl', [
    ...COMMON,
    '-F',
    'purpose=batch',
    '-F',
    `file=@${join(folder, 'sea.bin')}`,
    house.at('/openai/v1/files'),
  ])
  expect(code).toBe(0)
  expect(JSON.parse(text)).toMatchObject({ id: 'file-1', filename: 'sea.bin' })
  const { body } = house.asked()[0]!
  expect(body.includes(bytes)).toBe(true)
  const row = await house.row()
  expect(row).toMatchObject({ operation: 'files', outcome: 'ok', requestBytes: body.length })
  expect((await house.body(row, 'request')).equals(body)).toBe(true)
})

test('curl that is stopped in a stream ends the upstream request', async () => {
  const hanging = hangsAfter(chatEvents({}).slice(0, 2))
  house.answer(hanging.answer)
  const curl = start('curl', [...COMMON, ...JSON_TYPE, '-N', '-d', question({ stream: true }), url()])
  await curl.says(/"content":"Hello"/)
  curl.kill()
  await hanging.left
  expect(await house.row()).toMatchObject({ outcome: 'client_abort', status: 200, model: 'gpt-5-mini', stream: true })
})
