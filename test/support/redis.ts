/**
 * A real Redis server for tests: on a free port, in a temporary folder, ended with the tests. Where it is not installed the tests
 * are skipped, and say so; with WEIR_TEST_ALL=1 that is a failure.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export interface TestRedis {
  port: number
  /** An address of its own, with nothing in it. */
  create(): string
  /** Ends the server at once; what it held is gone. */
  stop(): Promise<void>
  /** The same address again, empty. */
  start(): Promise<void>
  /** It keeps its connections and answers nothing, until `goOn`. */
  freeze(): void
  goOn(): void
  close(): Promise<void>
}

const program = (): string | null =>
  (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, 'redis-server'))
    .find((path) => existsSync(path)) ?? null

/** Why there is no Redis to test on, or null. Throws when all tests were asked for. */
export const whyNoRedis = (): string | null => {
  if (program()) return null
  const reason = 'redis-server is not installed: the tests on Redis are skipped'
  if (process.env['WEIR_TEST_ALL'] === '1') throw new Error(reason)
  return reason
}

const DATABASES = 1000

export async function startRedis(...flags: string[]): Promise<TestRedis> {
  const path = program()
  if (!path) throw new Error('no Redis: ask whyNoRedis() first')
  const folder = mkdtempSync(join(tmpdir(), 'weir-redis-'))
  let server: ChildProcess | null = null
  let port = 0
  let count = 0
  const abandon = () => void server?.kill('SIGKILL')
  process.once('exit', abandon)

  const launch = async (at: number): Promise<boolean> => {
    const given = ['--port', String(at), '--bind', '127.0.0.1', '--dir', folder, '--databases', String(DATABASES)]
    const child = spawn(path, [...given, '--save', '', '--appendonly', 'no', ...flags], { stdio: 'ignore' })
    server = child
    port = at
    const ended = new Promise<false>((resolve) => child.once('exit', () => resolve(false)))
    return Promise.race([answers(at, child), ended])
  }
  const stop = async () => {
    const child = server
    server = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  /** Somebody else may take a port that was free a moment ago. */
  for (let tries = 0; !(await launch(await freePort()));) {
    if (++tries === 5) throw new Error('Redis did not start')
  }
  return {
    get port() {
      return port
    },
    create: () => `redis://127.0.0.1:${port}/${count++ % DATABASES}`,
    stop,
    async start() {
      if (!(await launch(port))) throw new Error(`Redis did not start again on port ${port}`)
    },
    freeze: () => void server!.kill('SIGSTOP'),
    goOn: () => void server!.kill('SIGCONT'),
    async close() {
      process.off('exit', abandon)
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Below the ports that connections going out are given: the address must still be free when the server comes back to it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    if (await isFree(port)) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

/** There is no event for "it listens": asked until it says PONG, or has ended. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  for (const until = Date.now() + 30_000; Date.now() < until && child.exitCode === null;) {
    if (await pong(port)) return true
    await wait(20)
  }
  return false
}

const pong = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.on('data', (bytes) => {
      resolve(bytes.toString().startsWith('+PONG'))
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
