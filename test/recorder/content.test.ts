// Bodies are stored byte for byte as they were on the wire, and read on a copy: decompressed, whatever the coding, cut or whole.
import { randomBytes } from 'node:crypto'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openReadDb } from '../../db/open.ts'
import { callPayload } from '../../db/queries/call-payload.ts'
import { unpackTiming } from '../../server/recorder/timing.ts'
import {
  chatAnswer,
  chatRequest,
  chatStream,
  openJournal,
  recorderOptions,
  streamAttempt,
  writeCall,
  type Written,
} from './calls.ts'
import { startTestRecorder, temporaryFolder } from './support.ts'

async function record(written: Written) {
  const dataDir = temporaryFolder()
  const journal = await openJournal(dataDir)
  const id = await writeCall(journal, written)
  await journal.close()
  const recorder = startTestRecorder(recorderOptions(dataDir))
  const [call] = await recorder.recorded(1)
  await recorder.stop()
  const db = await openReadDb(recorderOptions(dataDir))
  const payload = async (kind: Parameters<typeof callPayload>[1]['kind']) => (await callPayload(db, { id, kind }))!
  return { call: call!, payload }
}

const { role, words, finish, usage, done } = chatStream
const stream = role + words.join('') + finish + usage + done
const encoded = (coding: string) => ({ headers: [...streamAttempt.headers, 'Content-Encoding', coding] })

test.each([
  ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ['br', (bytes: Buffer) => brotliCompressSync(bytes)],
  ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
])('a %s stream in pieces: its facts are read, its bytes and their times kept', async (coding, encode) => {
  // Incompressible words make the content come late in the compressed bytes.
  const noise = `: ${randomBytes(600).toString('base64')}\n\n`
  const body = encode(Buffer.from(noise + stream))
  const pieces = [0, 1, 2, 3, 4].map((i) => body.subarray(i * 200, i === 4 ? body.length : (i + 1) * 200))
  const { call, payload } = await record({
    start: { stream: true },
    attempts: [encoded(coding)],
    request: chatRequest(),
    response: pieces,
  })
  expect(call).toMatchObject({
    usageSource: 'provider',
    usage: { input: 14, output: 5 },
    preview: 'Hello, weir.',
    decodeError: null,
  })
  expect(call.firstTokenMs).toBeGreaterThan(30)
  expect(call.firstTokenMs).toBeLessThanOrEqual(70)
  const response = await payload('response')
  expect(body.equals(response.bytes)).toBe(true)
  expect(response).toMatchObject({ contentEncoding: coding, contentType: 'text/event-stream; charset=utf-8' })
  expect(unpackTiming((await payload('timing')).bytes)).toEqual(
    pieces.map(({ length }, i) => ({ atMs: 30 + 10 * i, bytes: length })),
  )
})

test('a compressed stream that was cut gives what it holds', async () => {
  const body = gzipSync(stream, { level: 0 })
  const { call } = await record({
    start: { stream: true },
    attempts: [encoded('gzip')],
    request: chatRequest(),
    response: [body.subarray(0, body.length - 150)],
    end: { outcome: 'upstream_abort' },
  })
  expect(call).toMatchObject({ preview: 'Hello, weir.', outcome: 'upstream_abort' })
})

test('a compressed request is read and kept as it was sent', async () => {
  const body = zstdCompressSync(
    chatRequest({ tools: [{ type: 'function', function: { name: 'look_up', parameters: {} } }] }),
  )
  const { call, payload } = await record({
    start: { headers: ['content-type', 'application/json', 'content-encoding', 'zstd'] },
    request: body,
    response: [chatAnswer()],
  })
  expect(call).toMatchObject({ tools: ['look_up'], decodeError: null })
  expect(body.equals((await payload('request')).bytes)).toBe(true)
})

test('what is not what it says is kept raw, with a reason', async () => {
  const { call, payload } = await record({
    request: '{"model": ',
    attempts: [{ headers: ['content-type', 'application/json', 'content-encoding', 'gzip'] }],
    response: ['plain text'],
  })
  expect(call.decodeError).toMatch(/^request: 10 bytes that are not valid JSON; answer: the body is not valid gzip/)
  expect(Buffer.from((await payload('response')).bytes).toString()).toBe('plain text')
  expect(call).toMatchObject({ outcome: 'ok', usage: null })
})

test('multipart and sound are left raw, without a complaint', async () => {
  const sound = randomBytes(3000)
  const { call, payload } = await record({
    start: { operation: 'speech', headers: ['content-type', 'multipart/form-data; boundary=x'] },
    request: '--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--x--',
    attempts: [{ headers: ['content-type', 'audio/mpeg'] }],
    response: [sound],
  })
  expect(call).toMatchObject({ decodeError: null, usage: null, preview: null })
  expect(sound.equals((await payload('response')).bytes)).toBe(true)
})

test('above the capture limit the beginning is kept, read as far as it goes, and said to be truncated', async () => {
  const { call, payload } = await record({
    start: { stream: true },
    keep: 400,
    attempts: [streamAttempt],
    request: chatRequest(),
    response: [role, ...words, finish, usage, done],
  })
  expect(call).toMatchObject({ truncated: true, responseBytes: stream.length, outcome: 'ok', usageSource: 'estimated' })
  expect((await payload('response')).bytes).toHaveLength(400)
})

test('headers are kept in order, with their case and doubles', async () => {
  const headers = ['X-B', '1', 'x-a', '2', 'X-B', '3']
  const { payload } = await record({ start: { headers }, request: chatRequest(), response: [chatAnswer()] })
  expect(JSON.parse(Buffer.from((await payload('requestHeaders')).bytes).toString())).toEqual([
    ['X-B', '1'],
    ['x-a', '2'],
    ['X-B', '3'],
  ])
})
