/**
 * The Redis that several Weirs share: one connection, commands pipelined on it. Nothing waits for a server that is away: a command
 * fails at once, or when its time has passed, and who asked decides what that means. It connects again by itself.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis as Client } from 'ioredis'
import { redisAway } from './away.ts'
import { createHealth, type RedisState } from './health.ts'

export type { RedisState } from './health.ts'

/** Lua, run by its hash; the text goes along once for each server. */
export interface Script {
  text: string
  sha: string
}

export type Value = string | number | Buffer

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
  /** A later answer is none. */
  timeoutMs: number
}

const CONNECT_MS = 2000
const MOST_START_MS = 3000
/** A peer that is silent for this long while it owes an answer is gone. */
const SILENT_MS = 5000
const LONGEST_PAUSE_MS = 2000
const PROBE_MS = 500

export const toScript = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** Settles when Redis answers, or has failed to once: Weir starts without it, too. */
export async function openRedis({ url, timeoutMs, say = () => {} }: RedisOptions): Promise<Redis> {
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
  const probe = setInterval(() => void health.check(), PROBE_MS).unref()
  // A failure is the health's affair, and the client tries again by itself.
  const connected = client.connect().then(health.check, () => {})
  await Promise.race([connected, wait(MOST_START_MS, undefined, { ref: false })])

  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!health.state.up) throw redisAway(health.state.problem ?? 'Redis is not connected.')
    try {
      return await work()
    } catch (error) {
      health.failed(error as Error)
      throw redisAway(health.state.problem!, error)
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
