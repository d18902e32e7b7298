// Large and odd request bodies: 100 MB stream through in bounded memory, and above the capture limit size and SHA-256 are kept; a
// client whose chunks are odd is understood; an upstream that answers before the body is over is heard.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { residentBytes, startProcess } from '../support/process.ts'
import { seeded, upTo } from '../support/random.ts'
import { exchange } from '../support/raw-client.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { callOf, CHAT, eventually } from './support.ts'

const MiB = 1024 * 1024

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(json(chatAnswer()))
  weir = await startWeir({ providers: { openai: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

test.runIf(process.platform === 'linux')(
  '100 MB of a file flow through: bytes equal, memory bounded, size and SHA-256 kept',
  { timeout: 60_000 },
  async () => {
    let hash = createHash('sha256')
    let size = 0
    const sink = await startProvider(
      async (_, response, incoming) => {
        for await (const bytes of incoming) {
          hash.update(bytes as Buffer)
          size += (bytes as Buffer).length
        }
        json({ id: 'file-1' })(_, response, incoming)
      },
      { readBody: false },
    )
    const dataDir = await mkdtemp(join(tmpdir(), 'weir-upload-'))
    const own = await startProcess({ dataDir, providers: { openai: sink.url } })
    onTestFinished(async () => {
      await own.kill()
      await sink.close()
      await rm(dataDir, { recursive: true, force: true })
    })
    const upload = async () => {
      const sent = createHash('sha256')
      const asked = request(`${own.url}/openai/v1/files`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 100 * MiB },
      })
      const answered = once(asked, 'response')
      for (let i = 0; i < 100; i++) {
        const piece = Buffer.alloc(MiB, i)
        sent.update(piece)
        if (!asked.write(piece)) await once(asked, 'drain')
      }
      asked.end()
      const [answer] = await answered
      answer.resume()
      await once(answer, 'end')
      expect(answer.statusCode).toBe(200)
      const id = answer.headers['x-weir-call-id']
      await eventually('the call is recorded', async () => (await own.api(`/calls/${id}`)).outcome === 'ok')
      return { id, digest: sent.digest('hex') }
    }
    // The first brings recorder and buffers to their size; whatever a body leaves behind shows with the second.
    await upload()
    const before = residentBytes(own.pid)
    let highest = before
    const watch = setInterval(() => (highest = Math.max(highest, residentBytes(own.pid))), 20)
    size = 0
    hash = createHash('sha256')
    const { id, digest } = await upload()
    clearInterval(watch)
    expect([size, hash.digest('hex')]).toEqual([100 * MiB, digest])
    expect(await own.api(`/calls/${id}`)).toMatchObject({
      outcome: 'ok',
      requestBytes: 100 * MiB,
      requestSha256: digest,
      truncated: true,
    })
    console.log(`100 MiB uploaded: ${Math.round((highest - before) / MiB)} MiB above ${Math.round(before / MiB)} MiB`)
    // Measured: 0 to 30 MiB. What must not be is a body's worth.
    expect(highest - before).toBeLessThan(90 * MiB)
    expect(highest).toBeLessThan(600 * MiB)
  },
)

test('a chunked body with odd chunks, extensions and trailers arrives as its bytes', async () => {
  const random = seeded(7)
  const body = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'odd '.repeat(500) }] }))
  const pieces: (string | Buffer)[] = []
  for (let at = 0; at < body.length;) {
    const size = Math.min(body.length - at, 1 + upTo(random, 60))
    pieces.push(
      `${'0'.repeat(upTo(random, 4))}${random() < 0.5 ? size.toString(16).toUpperCase() : size.toString(16)}${random() < 0.3 ? ';ext="v;,"' : ''}`,
      body.subarray(at, at + size),
    )
    at += size
  }
  const answer = await exchange(weir.port, [
    `POST ${CHAT} HTTP/1.1`,
    'host: x',
    'content-type: application/json',
    'transfer-encoding: Chunked',
    '',
    ...pieces,
    '0',
    'x-trailer: dropped',
    '',
    '',
  ])
  expect(answer.statusLine).toBe('HTTP/1.1 200 OK')
  expect(provider.last().body.equals(body)).toBe(true)
  expect(await callOf(weir, answer)).toMatchObject({ outcome: 'ok', requestBytes: body.length, truncated: false })
})

test('a JSON body above ingress.bufferBytes flows on instead of being held, in chunks of unknown length', async () => {
  const small = await startWeir({
    providers: { openai: provider },
    config: { ingress: { bufferBytes: '64KiB' }, capture: { maxBytes: '100KiB' } },
  })
  const body = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(300_000) }] }))
  const answer = await fetch(`${small.url}${CHAT}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Blob([body]).stream(),
    duplex: 'half',
  } as RequestInit)
  expect(answer.status).toBe(200)
  expect(provider.last().body.equals(body)).toBe(true)
  expect(await small.recorded(answer.headers.get('x-weir-call-id')!)).toMatchObject({
    requestBytes: body.length,
    truncated: true,
    requestSha256: createHash('sha256').update(body).digest('hex'),
  })
  await small.close()
})

test('an answer before the body is over reaches the client, and the upload is left', async () => {
  const early = await startProvider(
    (_, response) => {
      response.writeHead(413, { 'content-type': 'application/json', 'content-length': 13 })
      response.end('{"too":"big"}')
    },
    { readBody: false },
  )
  const house = await startWeir({ providers: { openai: early } })
  const client = connect(house.port, '127.0.0.1')
  client.on('error', () => {})
  client.write(
    `POST /openai/v1/files HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: ${100 * MiB}\r\n\r\n`,
  )
  // It goes on sending until it is told that nobody listens.
  const sending = setInterval(() => client.writableNeedDrain || client.write(Buffer.alloc(64 * 1024)), 2)
  let got = ''
  await new Promise<void>((resolve) => {
    client.on('close', () => {
      clearInterval(sending)
      resolve()
    })
    client.on('data', (bytes) => {
      got += String(bytes)
      if (got.endsWith('{"too":"big"}')) client.destroy()
    })
  })
  expect(got).toMatch(/^HTTP\/1\.1 413 [\s\S]*\{"too":"big"\}$/)
  const call = await house.recorded(/x-weir-call-id: (\S+)/.exec(got)![1]!)
  expect(call).toMatchObject({ status: 413, outcome: 'error' })
  await house.close()
  await early.close()
})
