// What a call said, byte for byte as on the wire — and never as something that a browser would run.
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packTiming } from '../../server/recorder/timing.ts'
import type { PayloadInput } from '../../db/store.ts'
import { conversation as conversationSchema, timeline as timelineSchema } from '../../server/api/schema/content.ts'
import { openHouse, type House } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const REQUEST = JSON.stringify({ model: 'gpt-5.1', messages: [{ role: 'user', content: 'Capital of Fränce?' }] })
const RESPONSE = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-5.1-2025-11-13',
  choices: [
    { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '<script>alert(1)</script> Paris.' } },
  ],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
})

const body = (
  kind: 'request' | 'response',
  bytes: Uint8Array,
  encoding: string | null = null,
  type = 'application/json',
): PayloadInput => ({
  kind,
  bytes,
  contentType: type,
  contentEncoding: encoding,
})
const store = async (...payloads: PayloadInput[]) => (await house.record({ payloads }))[0]?.id as string

test.each([
  ['plain', null, (it: Buffer) => it],
  ['gzip', 'gzip', gzipSync],
  ['br', 'br', brotliCompressSync],
  ['deflate', 'deflate', deflateSync],
  ['zstd', 'zstd', zstdCompressSync],
] as const)('a %s body comes exactly as captured, with its encoding said', async (_, encoding, encode) => {
  const wire = encode(Buffer.from(RESPONSE))
  const id = await store(body('request', Buffer.from(REQUEST)), body('response', wire, encoding))
  const raw = await house.get(`/api/calls/${id}/response`)
  expect(raw.status).toBe(200)
  expect(raw.bytes).toEqual(wire)
  expect(raw.headers['content-encoding']).toBe(encoding ?? undefined)
  expect(raw.headers['content-type']).toBe('application/json')
  expect(raw.headers['content-length']).toBe(String(wire.length))
  expect((await house.get(`/api/calls/${id}/request`)).text).toBe(REQUEST)

  const decoded = await house.get(`/api/calls/${id}/response?decoded=1`)
  expect(decoded.text).toBe(RESPONSE)
  expect(decoded.headers['content-encoding']).toBeUndefined()
  expect(decoded.headers['content-type']).toBe('text/plain; charset=utf-8')

  const viaFetch = await fetch(`${house.url}/api/calls/${id}/response`)
  expect(await viaFetch.json()).toEqual(JSON.parse(RESPONSE))
})

test('a body is a download in a sandbox, whatever it claims to be', async () => {
  const html = '<script>fetch("/api/calls")</script>'
  const id = await store(body('response', Buffer.from(html), null, 'text/html; charset=utf-8'))
  for (const path of ['response', 'response?decoded=1']) {
    const { headers, text } = await house.get(`/api/calls/${id}/${path}`)
    expect(text).toBe(html)
    expect(headers['content-disposition']).toMatch(/^attachment; filename="[\w-]+(\.txt)?"$/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['content-security-policy']).toBe("sandbox; default-src 'none'; frame-ancestors 'none'")
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  }
})

test.each([
  ['text/html\r\nset-cookie: a=b', 'gzip\r\nx: y'],
  ['not a type', 'gz ip; drop'],
  ['', ''],
  ['text/плохо', 'gzip,'],
])('what is no header value is not sent as one (%j, %j)', async (type, encoding) => {
  const bytes = Buffer.from([0, 1, 2, 255])
  const id = await store(body('response', bytes, encoding, type))
  const raw = await house.get(`/api/calls/${id}/response`)
  expect(raw.bytes).toEqual(bytes)
  expect(raw.headers['content-type']).toBe('application/octet-stream')
  expect(raw.headers['content-encoding']).toBeUndefined()
  expect(raw.headers['set-cookie']).toBeUndefined()
})

test('decoded text is bounded and cut between characters; what unfolds without end is refused', async () => {
  const long = 'ä'.repeat(5 * 2 ** 20)
  const id = await store(body('response', gzipSync(long), 'gzip', 'text/plain'))
  const cut = await house.get(`/api/calls/${id}/response?decoded=1`)
  expect(cut.headers['x-weir-truncated']).toBe('true')
  expect(cut.bytes.length).toBe(8 * 2 ** 20)
  expect(cut.text.endsWith('ä')).toBe(true)

  const bomb = await store(body('response', gzipSync(Buffer.alloc(64 * 2 ** 20)), 'gzip'))
  expect(await house.get(`/api/calls/${bomb}/response?decoded=1`)).toMatchObject({
    status: 422,
    json: { code: 'not_decodable' },
  })
  const broken = await store(body('response', Buffer.from('not gzip'), 'gzip'))
  expect((await house.get(`/api/calls/${broken}/response?decoded=1`)).json.detail).toContain('not valid gzip')
  expect((await house.get(`/api/calls/${broken}/response`)).text).toBe('not gzip')
})

test('other character sets become UTF-8, sound and images stay as they are', async () => {
  const latin = await store(body('response', Buffer.from('Caf\xe9', 'latin1'), null, 'text/plain; charset=ISO-8859-1'))
  expect((await house.get(`/api/calls/${latin}/response?decoded=1`)).text).toBe('Café')
  const audio = Buffer.from([0x49, 0x44, 0x33, 0x04, 0x00])
  const sound = await store(body('response', gzipSync(audio), 'gzip', 'audio/mpeg'))
  const decoded = await house.get(`/api/calls/${sound}/response?decoded=1`)
  expect(decoded.bytes).toEqual(audio)
  expect(decoded.headers['content-type']).toBe('application/octet-stream')
})

test('a large body is whole', async () => {
  const large = Buffer.alloc(8 * 2 ** 20, 'weir ')
  const id = await store(body('response', large, null, 'text/plain'))
  expect((await house.get(`/api/calls/${id}/response`)).bytes.equals(large)).toBe(true)
})

test('headers come in order, doubles and case kept', async () => {
  const request = [
    ['Host', 'localhost'],
    ['Content-Type', 'application/json'],
  ]
  const response = [
    ['set-cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ]
  const json = (kind: PayloadInput['kind'], pairs: string[][]): PayloadInput => ({
    kind,
    bytes: Buffer.from(JSON.stringify(pairs)),
    contentType: 'application/json',
    contentEncoding: null,
  })
  const id = await store(json('requestHeaders', request), json('responseHeaders', response))
  expect((await house.get(`/api/calls/${id}/headers`)).json).toEqual({ request, response })
})

test('the conversation is read from the bytes, compressed or not', async () => {
  const id = await store(
    body('request', zstdCompressSync(REQUEST), 'zstd'),
    body('response', gzipSync(RESPONSE), 'gzip'),
  )
  const { status, json } = await house.get(`/api/calls/${id}/conversation`)
  expect(status).toBe(200)
  expect(conversationSchema.parse(json)).toEqual(json)
  expect(json.request.messages).toEqual([{ role: 'user', parts: [{ type: 'text', text: 'Capital of Fränce?' }] }])
  expect(json.answer).toMatchObject({
    id: 'chatcmpl-1',
    finishReason: 'stop',
    complete: true,
    messages: [{ role: 'assistant', parts: [{ type: 'text', text: '<script>alert(1)</script> Paris.' }] }],
  })
  expect(json).toMatchObject({ problem: null, expired: false })
})

test('a response that came over a WebSocket is read from its frames', async () => {
  const frame = { type: 'response.create', model: 'gpt-5.1', input: [{ role: 'user', content: 'Hi' }] }
  const events = [
    { type: 'response.created', response: { id: 'resp_1', model: 'gpt-5.1', status: 'in_progress', output: [] } },
    { type: 'response.output_text.delta', item_id: 'm', output_index: 0, content_index: 0, delta: 'Hello' },
    {
      type: 'response.completed',
      response: {
        id: 'resp_1',
        model: 'gpt-5.1',
        status: 'completed',
        output: [{ type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] }],
      },
    },
  ]
  const lines = (values: object[]) => Buffer.from(values.map((it) => `${JSON.stringify(it)}\n`).join(''))
  const [call] = await house.record({
    method: 'WEBSOCKET',
    dialect: 'openai-responses',
    operation: 'responses',
    payloads: [
      { kind: 'request', bytes: lines([{ type: 'ping' }, frame]), contentType: null, contentEncoding: null },
      { kind: 'response', bytes: lines(events), contentType: null, contentEncoding: null },
    ],
  })
  const { json } = await house.get(`/api/calls/${call?.id}/conversation`)
  expect(json.request).toMatchObject({ model: 'gpt-5.1', messages: [{ role: 'user' }] })
  expect(json.answer).toMatchObject({ id: 'resp_1', complete: true })
  expect(JSON.stringify(json.answer.messages)).toContain('Hello')
})

test('what cannot be read is said, and the rest is shown', async () => {
  const id = await store(body('request', Buffer.from('{"model":')), body('response', Buffer.from(RESPONSE)))
  const { json } = await house.get(`/api/calls/${id}/conversation`)
  expect(json.request).toBeNull()
  expect(json.problem).toContain('request: 9 bytes that are not valid JSON')
  expect(json.answer.finishReason).toBe('stop')
})

test('arrival times come unpacked; without any the list is empty', async () => {
  const arrivals = [
    { atMs: 12.34, length: 100 },
    { atMs: 15, length: 7 },
  ]
  const timing: PayloadInput = { kind: 'timing', bytes: packTiming(arrivals), contentType: null, contentEncoding: null }
  const [stream] = await house.record({ stream: true, firstTokenMs: 15, payloads: [timing] })
  const { json } = await house.get(`/api/calls/${stream?.id}/timeline`)
  expect(timelineSchema.parse(json)).toEqual({
    pieces: [
      { atMs: 12.34, bytes: 100 },
      { atMs: 15, bytes: 7 },
    ],
    firstTokenMs: 15,
  })
  const [plain] = await house.record({})
  expect((await house.get(`/api/calls/${plain?.id}/timeline`)).json).toEqual({ pieces: [], firstTokenMs: null })
})

const PARTS = ['request', 'response', 'headers', 'conversation']

test.each(PARTS)('when nothing of the %s is there, the answer says why', async (part) => {
  const path = (id: string | undefined) => `/api/calls/${id}/${part}`
  const [metadata] = await house.record({ capture: 'metadata' })
  expect(await house.get(path(metadata?.id))).toMatchObject({
    status: 404,
    json: { code: 'content_not_kept', detail: expect.stringContaining('"metadata"') },
  })
  const running = house.begin()
  expect((await house.get(path(running.id))).json.detail).toContain('not stored yet')
  expect(await house.get(path('01900000-0000-7000-8000-000000000000'))).toMatchObject({
    status: 404,
    json: { code: 'not_found' },
  })
})

test('content that retention removed is gone, and the conversation says so', async () => {
  const old = Date.now() - 90 * 86_400_000
  const [call] = await house.record({
    startedAt: old,
    payloads: [body('request', Buffer.from(REQUEST)), body('response', Buffer.from(RESPONSE))],
  })
  await house.store.prune({ contentBefore: old + 1000, callsBefore: null, maxBytes: null, chunk: 10 })
  expect(await house.get(`/api/calls/${call?.id}/request`)).toMatchObject({
    status: 410,
    json: { code: 'content_expired' },
  })
  expect((await house.get(`/api/calls/${call?.id}/conversation`)).json).toMatchObject({
    request: null,
    answer: null,
    expired: true,
  })
})
