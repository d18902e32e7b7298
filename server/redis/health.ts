/**
 * Whether Redis answers. While it does not, nobody is made to wait for it: every command fails at once, and a question of Weir's own
 * finds out when it is there again. The same question brings its clock.
 */
import type { Redis as Client } from 'ioredis'

export interface RedisState {
  up: boolean
  /** Epoch milliseconds: since when it is up, or away. */
  since: number
  /** Why the last command or connection failed; null: it did not. */
  problem: string | null
  /** Commands and connections that failed since Weir started. */
  failures: number
}

export interface Health {
  state: RedisState
  /** Called each time that it answers again. */
  listeners: (() => void)[]
  /** Redis' clock less ours, in milliseconds. */
  offset(): number
  failed(error: Error): void
  lost(): void
  /** Asks, where there is a reason to. */
  check(): Promise<void>
  close(): void
}

const CLOCK_MS = 10_000
const SAY_MS = 60_000

export function createHealth(client: Client, say: (line: string) => void): Health {
  const state: RedisState = { up: false, since: Date.now(), problem: null, failures: 0 }
  const listeners: (() => void)[] = []
  let offset = 0
  let clockAt = -Infinity
  let saidAt = -Infinity
  let checking: Promise<void> | null = null
  let closed = false

  const turn = (up: boolean) => {
    if (state.up === up) return false
    state.up = up
    state.since = Date.now()
    return true
  }
  const failed = (error: Error) => {
    if (closed) return
    state.failures++
    state.problem = toProblem(error)
    const fell = isAway(error, client) && turn(false)
    if (!fell && performance.now() - saidAt < SAY_MS) return
    saidAt = performance.now()
    say(state.problem)
  }
  const ask = async () => {
    try {
      const asked = Date.now()
      const [seconds, micros] = (await client.call('TIME')) as [string, string]
      const got = Date.now()
      offset = Math.round(Number(seconds) * 1000 + Number(micros) / 1000 - (asked + got) / 2)
      clockAt = performance.now()
      const had = state.problem
      state.problem = null
      if (!turn(true)) return
      if (had !== null) say('Redis answers again.')
      for (const listener of listeners) listener()
    } catch (error) {
      failed(error as Error)
    }
  }
  return {
    state,
    listeners,
    offset: () => offset,
    failed,
    lost() {
      if (state.up) failed(new Error('the connection was lost'))
      turn(false)
    },
    check() {
      if (checking) return checking
      if (closed || client.status !== 'ready') return Promise.resolve()
      if (state.up && state.problem === null && performance.now() - clockAt < CLOCK_MS) return Promise.resolve()
      checking = ask().finally(() => (checking = null))
      return checking
    },
    close: () => void (closed = true),
  }
}

/** An answer is an answer, if only an error: the server is there. */
const isAway = (error: Error, client: Client): boolean => client.status !== 'ready' || error.name !== 'ReplyError'

const toProblem = ({ message }: Error): string =>
  `Redis failed: ${message.replace(/\.$/, '')}. Check that it runs where redis in weir.yaml says, and takes writes.`
