// Nothing passes a WebSocket unrecorded: frames of no response, binary frames, and bytes that are no frames which Weir can read.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, kept, rowsOf, type SocketProvider, startSocketProvider } from '../support/sockets.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: SocketProvider
let weir: TestWeir
let before = 0

beforeAll(async () => {
  provider = await startSocketProvider()
  weir = await startWeir({ providers: { openai: provider.url } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})
beforeEach(() => void (before = weir.calls.length))

const append = (audio: string) => ({ type: 'input_audio_buffer.append', audio })
const created = JSON.stringify({ type: 'response.created', response: { id: 'resp_1' } })
const done = JSON.stringify({
  type: 'response.done',
  response: { id: 'resp_1', status: 'completed', usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } },
})

async function journaled(): Promise<string> {
  const files = (await readdir(join(weir.dataDir, 'journal'), { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile(),
  )
  return (await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')))).join('')
}

describe.each([true, false])('compression %s', (compress) => {
  test('a client frame is in the journal before the provider has it, though no response is open', async () => {
    const reached = Promise.withResolvers<string>()
    const mark = `audio-${compress}-0123456789`
    provider.onFrame(() => void journaled().then(reached.resolve))
    const client = await connect(weir, '/openai/v1/realtime?model=gpt-realtime', { compress })
    client.send(append(mark))
    expect(await reached.promise).toContain(mark)
    client.ws.close()
    const { handshake } = await rowsOf(weir, before, 0)
    expect(await kept(weir, handshake.id, 'request')).toBe(`${JSON.stringify(append(mark))}\n`)
  })

  test('binary frames are kept both ways, and the readers pass over them', async () => {
    provider.onFrame((ws, frame, isBinary) => {
      if (isBinary || frame.type !== 'response.create') return
      ws.send(created)
      ws.send(Buffer.from([1, 2, 3, 0, 255]))
      ws.send(done)
    })
    const client = await connect(weir, '/openai/v1/realtime?model=gpt-realtime', { compress })
    client.ws.send(Buffer.from([9, 8, 7]))
    client.send({ type: 'response.create' })
    await client.saw('response.done')
    client.ws.close()
    const { handshake, turns } = await rowsOf(weir, before, 1)
    expect(client.seen).toContainEqual(Buffer.from([1, 2, 3, 0, 255]))
    expect(await kept(weir, handshake.id, 'request')).toBe('{"type":"weir.binary","base64":"CQgH"}\n')
    expect(await kept(weir, turns[0]!.id, 'response')).toBe(
      `${created}\n{"type":"weir.binary","base64":"AQIDAP8="}\n${done}\n`,
    )
    expect(turns[0]).toMatchObject({
      outcome: 'ok',
      usage: { input: 3, output: 4 },
      decodeError: null,
      truncated: false,
    })
    expect(handshake).toMatchObject({ requestBytes: 39, decodeError: null })
  })
})

test('what waits for the next response is bounded: audio is only journaled, of the rest the newest megabyte is kept', async () => {
  provider.onFrame((ws, frame) => frame.type === 'response.create' && (ws.send(created), ws.send(done)))
  const client = await connect(weir, '/openai/v1/realtime?model=gpt-realtime')
  const item = (n: number) => ({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: `${n} ${'x'.repeat(400_000)}` }] },
  })
  for (let n = 0; n < 20; n++) client.send(append('y'.repeat(200_000)))
  for (let n = 0; n < 4; n++) client.send(item(n))
  client.send({ type: 'response.create' })
  await client.saw('response.done')
  client.ws.close()
  const { handshake, turns } = await rowsOf(weir, before, 1)
  const request = (await kept(weir, turns[0]!.id, 'request'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(request.map(({ type, item: kept }) => [type, kept?.content[0].text[0]])).toEqual([
    ['conversation.item.create', '2'],
    ['conversation.item.create', '3'],
    ['response.create', undefined],
  ])
  expect(turns[0]).toMatchObject({
    truncated: true,
    outcome: 'ok',
    decodeError: "2 earlier frames of this request stand only under the WebSocket's handshake",
  })
  expect(handshake.requestBytes).toBeGreaterThan(20 * 200_000 + 4 * 400_000)
})

/** A provider of raw bytes: it agrees on an extension that Weir cannot read, and sends what it likes. */
async function startRaw(extension: string | null, bytes: Buffer): Promise<{ port: number; close(): void }> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      const header = extension === null ? '' : `Sec-WebSocket-Extensions: ${extension}\r\n`
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Name: caf\xe9\r\n${header}\r\n`,
        'latin1',
      )
      socket.write(bytes)
      socket.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

async function exchange(port: number): Promise<Buffer> {
  const { connect: dial } = await import('node:net')
  const socket = dial(port, '127.0.0.1')
  socket.write(
    'GET /raw/v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

test.each([
  ['an unknown extension', 'x-unknown', Buffer.from([0xc1, 0x03, 1, 2, 3]), 'RSV1 must be clear'],
  ['broken deflate', 'permessage-deflate', Buffer.from([0xc1, 0x05, 255, 255, 255, 255, 255]), 'invalid'],
  ['a frame that is none', null, Buffer.from([0x85, 0x03, 1, 2, 3]), 'invalid opcode 5'],
  ['impossible window bits', 'permessage-deflate; server_max_window_bits=99', Buffer.from([0xc1, 0x03, 1, 2, 3]), ''],
])('%s passes as it came, is counted, and the call says that it is not held', async (_, extension, bytes, why) => {
  const raw = await startRaw(extension, bytes)
  const other = await startWeir({ providers: { raw: `http://127.0.0.1:${raw.port}` } })
  const got = await exchange(other.port)
  const [call] = await other.recordedCount(1)
  await other.close()
  raw.close()
  expect(got.subarray(-bytes.length)).toEqual(bytes)
  expect(call).toMatchObject({ operation: 'websocket', responseBytes: bytes.length, truncated: true })
  expect(call!.decodeError).toContain("the provider's WebSocket frames could not be read")
  expect(call!.decodeError).toContain(why)
})

test('headers of the 101 answer keep their bytes', async () => {
  const raw = await startRaw(null, Buffer.from([0x81, 0x02, 0x7b, 0x7d]))
  const other = await startWeir({ providers: { raw: `http://127.0.0.1:${raw.port}` } })
  const got = await exchange(other.port)
  await other.close()
  raw.close()
  expect(got.toString('latin1')).toContain('X-Name: caf\xe9\r\n')
  expect(got.toString('latin1')).toMatch(/x-weir-call-id: \S+\r\n/)
})
