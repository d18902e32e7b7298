// After a storm of faults from both sides at every phase nothing may be left: no running call, no held byte, no socket on either side,
// and the process still serves. Its own process, so that descriptors and sockets are Weir's alone.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { chatStream } from '../support/provider.ts'
import { sockets, startProcess } from '../support/process.ts'
import { seeded, upTo } from '../support/random.ts'
import { CHAT, eventually, http, post, startRawUpstream } from './support.ts'

const CALLS = 400
const BIG = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x'.repeat(100_000) }] })
const HEAD = http(
  `POST ${CHAT} HTTP/1.1`,
  'host: x',
  'content-type: application/json',
  `content-length: ${BIG.length}`,
  'x-weir-timeout-headers: 300ms',
  'x-weir-timeout-idle: 300ms',
  '',
  '',
)
const STREAM_HEAD = http('HTTP/1.1 200 OK', 'content-type: text/event-stream', 'transfer-encoding: chunked', '', '')
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

/** What an upstream may do to a call. */
const UPSTREAM: ((socket: Socket) => unknown)[] = [
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
  () => {},
  (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-'),
  (socket) => socket.write(STREAM_HEAD),
  (socket) => socket.write(STREAM_HEAD + chunk(chatStream()[0]!)),
  (socket) => socket.write(STREAM_HEAD + chunk(chatStream()[0]!), () => socket.resetAndDestroy()),
  (socket) => socket.end(`${STREAM_HEAD}nonsense`),
  (socket) => socket.write(`${STREAM_HEAD}${chatStream().map(chunk).join('')}0\r\n\r\n`),
  (socket) => socket.write(`${STREAM_HEAD}${chunk(`: ${'x'.repeat(500_000)}`)}0\r\n\r\n`),
]

/** How a client may leave: after so many bytes of its own, or so many of the answer; or it stays, or half-closes. */
async function client(port: number, random: () => number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  const way = upTo(random, 7)
  const text = HEAD + BIG
  if (way === 0) socket.write(text.slice(0, upTo(random, HEAD.length)), () => socket.destroy())
  else if (way === 1)
    socket.write(text.slice(0, HEAD.length + upTo(random, BIG.length)), () => socket.resetAndDestroy())
  else if (way === 2) socket.end(text)
  else socket.write(way === 3 ? text + text : text)
  if (way === 4) setTimeout(() => socket.destroy(), upTo(random, 50))
  if (way === 5) socket.once('data', () => socket.destroy())
  if (way === 6) socket.pause()
  else socket.on('data', () => {})
  await Promise.race([closed, wait(900)])
  socket.destroy()
  await closed
}

test(`${CALLS} calls with faults on both sides leave nothing behind`, { timeout: 120_000 }, async () => {
  const random = seeded(31)
  const upstream = await startRawUpstream()
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-leaks-'))
  // Room for a few bodies more than are under way at a time: what is not given back shows as `overloaded`.
  const weir = await startProcess({
    dataDir,
    providers: { openai: upstream.url },
    env: { WEIR_INGRESS_TOTAL_BYTES: '8MiB' },
  })
  onTestFinished(async () => {
    await weir.kill()
    await upstream.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  upstream.answer((socket) => UPSTREAM[upTo(random, UPSTREAM.length)]!(socket))
  let left = CALLS
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      while (left-- > 0) await client(weir.port, random)
    }),
  )

  await eventually('no call runs', async () => (await weir.api('/status')).running === 0)
  // Idle connections to providers are kept for 4 s; this test's own to the API is one.
  await eventually('no connection to the provider is open', () => upstream.open() === 0, 15_000)
  if (process.platform === 'linux')
    await eventually('no socket is left but the listener and those of this test', () => sockets(weir.pid) <= 4, 15_000)
  const status = await weir.api('/status')
  expect(status).toMatchObject({ callsLost: 0, problem: null, entriesSkipped: 0 })
  const rows = (await (await fetch(`${weir.url}/api/calls/export?format=jsonl`)).text())
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  expect(rows.length).toBeGreaterThan(CALLS / 2)
  expect(new Set(rows.map((row) => row.outcome))).toEqual(
    new Set(['ok', 'error', 'client_abort', 'upstream_abort', 'timeout']),
  )
  expect(rows.filter((row) => row.errorCode === 'overloaded' || row.errorCode === 'internal')).toEqual([])

  upstream.answer((socket) => socket.write(http('HTTP/1.1 200 OK', 'content-length: 2', '', 'ok')))
  expect(String((await post(weir, CHAT, BIG)).body)).toBe('ok')
  expect(weir.output()).not.toMatch(/Warning|Error|rejection/i)
})
