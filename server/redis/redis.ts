/**
 * The Redis that several Weirs share: one connection, commands pipelined on it. Nothing waits for a server that is away: a command
 * fails at once, or when `MOST_WAIT_MS` have passed, and who asked decides what that means. It connects again by itself.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Redis as Client } from 'ioredis'

/** Lua, run by its hash; the text goes along once for each server. */
export interface Script {
  text: string
  sha: string
}

export type Value = string | number | Buffer

export interface RedisState {
  up: boolean
  /** Epoch milliseconds: since when it is up, or away. */
  since: number
  /** Why the last command failed, or the connection; null: it did not. */
  problem: string | null
  /** Commands that failed since Weir started. */
  failures: number
}

export interface Redis {
  /** @throws Error when Redis is away, late or refuses */
  run(script: Script, keys: readonly string[], args: readonly Value[]): Promise<unknown>
  call(command: string, ...args: Value[]): Promise<unknown>
  /** The answer's bytes as they are; null: nothing there. */
  callBytes(command: string, ...args: Value[]): Promise<Buffer | null>
  /** The server's clock, so that all Weirs are in the same window whatever their own clocks say. */
  now(): number
  state(): RedisState
  /** Each time that it answers again. */
  onUp(listener: () => void): void
  close(): Promise<void>
}

export interface RedisOptions {
  url: string
  say?: (line: string) => void
  /** For tests; a late answer is none. */
  timeoutMs?: number
}

const MOST_WAIT_MS = 1000
const CONNECT_MS = 2000
/** A peer that is silent for this long while it owes an answer is gone. */
const SILENT_MS = 5000
const LONGEST_PAUSE_MS = 2000
const PROBE_MS = 500
const CLOCK_MS = 10_000

export const toScript = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** Settles when Redis answers, or has failed to once: Weir starts without it, too. */
export async function openRedis({ url, say = () => {}, timeoutMs = MOST_WAIT_MS }: RedisOptions): Promise<Redis> {
  const { Redis: Connection } = await import('ioredis')
  const client = new Connection(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: timeoutMs,
    socketTimeout: SILENT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(times, 6)),
    connectionName: 'weir',
  })
  const health = createHealth(client, say)
  client.on('error', (error) => health.failed(error))
  client.on('close', () => health.lost())
  client.on('ready', () => void health.check())
  const probe = setInterval(health.check, PROBE_MS).unref()
  // A failure is the health's affair, and the client tries again by itself.
  await client.connect().then(health.check, () => {})

  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!health.state.up) throw new Error(health.state.problem ?? 'Redis is not connected.')
    try {
      return await work()
    } catch (error) {
      if (!isNoScript(error)) health.failed(error as Error)
      throw error
    }
  }
  return {
    run: (script, keys, args) => attempt(() => runScript(client, script, keys, args)),
    call: (command, ...args) => attempt(() => client.call(command, ...args)),
    callBytes: (command, ...args) => attempt(() => client.callBuffer(command, ...args) as Promise<Buffer | null>),
    now: () => Date.now() + health.offset(),
    state: () => ({ ...health.state }),
    onUp: (listener) => void health.listeners.push(listener),
    async close() {
      clearInterval(probe)
      health.close()
      if (client.status === 'end') return
      const ended = once(client, 'end')
      client.disconnect()
      await ended
    },
  }
}

async function runScript(client: Client, { text, sha }: Script, keys: readonly string[], args: readonly Value[]) {
  try {
    return await client.call('EVALSHA', sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!isNoScript(error)) throw error
    return client.call('EVAL', text, keys.length, ...keys, ...args)
  }
}

const isNoScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/** Up is what answered last time. While it is not, nobody is made to wait; a question of its own finds out when it is again. */
function createHealth(client: Client, say: (line: string) => void) {
  const state: RedisState = { up: false, since: Date.now(), problem: null, failures: 0 }
  const listeners: (() => void)[] = []
  let offset = 0
  let clockAt = 0
  let checking = false
  let closed = false

  const turn = (up: boolean) => {
    if (state.up === up) return
    state.up = up
    state.since = Date.now()
  }
  const failed = (error: Error) => {
    if (closed) return
    const told = state.problem
    state.failures++
    state.problem = toProblem(error)
    if (isAway(error, client)) turn(false)
    if (told === null) say(state.problem)
  }
  const answered = ([seconds, micros]: [string, string], asked: number) => {
    const got = Date.now()
    offset = Number(seconds) * 1000 + Number(micros) / 1000 - (asked + got) / 2
    offset = Math.round(offset)
    clockAt = got
  }
  const check = async () => {
    if (checking || closed || client.status !== 'ready') return
    if (state.up && state.problem === null && Math.abs(Date.now() - clockAt) < CLOCK_MS) return
    checking = true
    try {
      const asked = Date.now()
      answered((await client.call('TIME')) as [string, string], asked)
      // What Redis refused (no memory, a replica) may go on for as long as it answers: the next command tells.
      if (!state.up && state.problem !== null) say('Redis answers again.')
      const wasUp = state.up
      turn(true)
      state.problem = null
      if (!wasUp) for (const listener of listeners) listener()
    } catch (error) {
      failed(error as Error)
    } finally {
      checking = false
    }
  }
  return {
    state,
    listeners,
    offset: () => offset,
    failed,
    lost: () => {
      if (state.up) failed(new Error('the connection was lost'))
      turn(false)
    },
    check: () => void check(),
    close: () => void (closed = true),
  }
}

/** An answer is an answer, if only an error: the server is there. */
const isAway = (error: Error, client: Client): boolean => client.status !== 'ready' || error.name !== 'ReplyError'

const toProblem = ({ message }: Error): string =>
  `Redis failed: ${message.replace(/\.$/, '')}. Check that it runs at the address that redis names in weir.yaml.`
