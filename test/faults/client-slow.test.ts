// A client that reads slowly holds up its own upstream and nothing else: what is under way to it stays small, however much the
// provider has to say, and idle does not count while it is the client who is slow.
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeProvider, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { eventually } from './support.ts'

const MiB = 1024 * 1024
const TOTAL = 192 * MiB
const PIECE = Buffer.alloc(64 * 1024, 'x')

let provider: FakeProvider
let weir: TestWeir
let written = 0

/** Or gone. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })

beforeAll(async () => {
  provider = await startProvider(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': TOTAL })
    for (written = 0; written < TOTAL && !response.destroyed; written += PIECE.length) {
      if (!response.write(PIECE)) await drained(response)
    }
    response.end()
  })
  // Idle is shorter than the client's pause.
  weir = await startWeir({ providers: { openai: provider }, config: { timeouts: { idle: '500ms' } } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

test('the upstream is paused while the client does not read, and goes on when it does', async () => {
  const client = connect(weir.port, '127.0.0.1')
  client.write('GET /openai/v1/huge HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  const id = await new Promise<string>((resolve) =>
    client.once('data', (bytes) => resolve(/x-weir-call-id: (\S+)/.exec(String(bytes))![1]!)),
  )
  client.pause()
  // It stands still when two looks, some time apart, see the same.
  let before = -1
  await eventually('the provider is held up', async () => {
    const same = written === before
    before = written
    await wait(150)
    return same && written === before
  })
  // What the kernel's buffers and Weir's two limits (1 MiB for the journal, one high-water mark) hold.
  expect(written).toBeLessThan(32 * MiB)
  await wait(800)
  expect(written).toBeLessThan(before + MiB)

  let received = 0
  client.on('data', (bytes) => (received += bytes.length))
  client.resume()
  await new Promise((resolve) => client.once('close', resolve))
  expect(await weir.recorded(id)).toMatchObject({ outcome: 'ok', responseBytes: TOTAL, truncated: true })
  expect(received).toBeGreaterThan(TOTAL - MiB)
})

test('a client that never reads and then leaves: the upstream ends, and the call is over', async () => {
  const client = connect(weir.port, '127.0.0.1')
  client.write('GET /openai/v1/huge HTTP/1.1\r\nhost: x\r\n\r\n')
  const id = await new Promise<string>((resolve) =>
    client.once('data', (bytes) => resolve(/x-weir-call-id: (\S+)/.exec(String(bytes))![1]!)),
  )
  client.pause()
  client.destroy()
  await provider.aborted
  expect(await weir.recorded(id)).toMatchObject({ outcome: 'client_abort', status: 200 })
  expect((await weir.api('/status')).running).toBe(0)
})

test('a pipelined client that leaves while its second answer waits for its turn leaves nothing running', async () => {
  const client = connect(weir.port, '127.0.0.1')
  client.on('error', () => {})
  const before = provider.requests.length
  const request = 'GET /openai/v1/huge HTTP/1.1\r\nhost: x\r\n\r\n'
  client.pause()
  client.write(request + request)
  await eventually('both have reached the provider', () => provider.requests.length === before + 2)
  client.destroy()
  await eventually('no call runs any more', async () => (await weir.api('/status')).running === 0)
})
