/**
 * The demo's clients: real HTTP to Weir's own address, as any program would. First a crowd, so that the dashboard is alive at
 * once; then one to three calls a second that come and go in waves; once an agent that runs in circles.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { DemoProvider } from './provider.ts'
import type { Random } from './random.ts'
import { runaway } from './scenarios/checkout.ts'
import { anyScenario, everyScenario } from './scenarios/mix.ts'
import { triesBefore } from './trouble.ts'
import type { Scenario, Turn } from './turn.ts'
import { toRequest } from './wire/registry.ts'

export interface Traffic {
  /** No new call begins; settles when those under way have ended. */
  stop(): Promise<void>
}

export interface TrafficOptions {
  /** Weir's own address. */
  url: string
  provider: Pick<DemoProvider, 'expect' | 'forget'>
  random: Random
  /** Scenarios that begin within the first seconds. */
  crowd?: number
}

/** Calls at one time: above it scenarios wait. */
const MOST_CALLS = 40
const CROWD_MS = 6000
/** Scenarios a second, in the middle of a wave; each makes between two and three calls. */
const RATE = 0.5
const WAVE_MS = 8 * 60_000
const TROUBLE = 0.02
const RUNAWAY_AFTER_MS = 20_000
const RUNAWAY_EVERY_MS = 25 * 60_000

export function startTraffic({ url, provider, random, crowd = 70 }: TrafficOptions): Traffic {
  const agent = new Agent({ connections: MOST_CALLS, headersTimeout: 0, bodyTimeout: 0 })
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let calls = 0
  let freed = Promise.withResolvers<void>()

  async function call(turn: Turn): Promise<void> {
    while (calls >= MOST_CALLS) await freed.promise
    if (stopping.signal.aborted) return
    calls++
    try {
      await send(turn, { url, provider, agent })
    } finally {
      calls--
      freed.resolve()
      freed = Promise.withResolvers()
    }
  }
  async function one(turn: Turn): Promise<void> {
    for (const failing of triesBefore(turn, random, TROUBLE)) {
      await call(failing)
      await pause(failing.pauseMs)
    }
    await call(turn)
  }
  async function act(scenario: Scenario): Promise<void> {
    for (const step of scenario) {
      const turns = [step].flat()
      await Promise.all(turns.map(one))
      await pause(Math.max(...turns.map(({ pauseMs }) => pauseMs)))
      if (stopping.signal.aborted) return
    }
  }
  const begin = (scenario: Scenario) => {
    const acting = act(scenario).finally(() => running.delete(acting))
    running.add(acting)
  }
  /** Ends early, and without a word, when the demo ends. */
  const pause = (ms: number) => wait(ms, undefined, { signal: stopping.signal }).catch(() => {})

  async function rush(): Promise<void> {
    // One of each kind first, so that there is something of everything to look at.
    for (let n = 0; n < crowd && !stopping.signal.aborted; n++) {
      begin((everyScenario[n] ?? anyScenario)(random))
      await pause(CROWD_MS / crowd)
    }
  }
  async function flow(): Promise<void> {
    await pause(CROWD_MS / 2)
    for (let at = 0; !stopping.signal.aborted;) {
      const wave = 1 + 0.5 * Math.sin((2 * Math.PI * at) / WAVE_MS)
      const ms = (1000 / (RATE * wave)) * -Math.log(1 - random.next())
      await pause(ms)
      at += ms
      if (!stopping.signal.aborted && running.size < 2 * MOST_CALLS) begin(anyScenario(random))
    }
  }
  async function circle(): Promise<void> {
    for (let ms = RUNAWAY_AFTER_MS; !stopping.signal.aborted; ms = RUNAWAY_EVERY_MS) {
      await pause(ms)
      if (!stopping.signal.aborted) begin(runaway(random))
    }
  }
  const loops = Promise.all([rush(), flow(), circle()])

  return {
    async stop() {
      stopping.abort()
      await loops
      await Promise.all(running)
      await agent.destroy()
    },
  }
}

/** Errors are what the demo is for: whatever comes back has been recorded by Weir. */
export async function send(
  turn: Turn,
  { url, provider, agent }: { url: string; provider: Pick<DemoProvider, 'expect' | 'forget'>; agent: Agent },
): Promise<void> {
  const { path, headers, body } = toRequest(turn)
  const leaving = turn.leavesAfterMs === null ? null : AbortSignal.timeout(turn.leavesAfterMs)
  provider.expect(turn)
  try {
    const answer = await request(turn.route === null ? `${url}/${turn.provider}${path}` : `${url}${path}`, {
      method: 'POST',
      headers,
      body,
      dispatcher: agent,
      signal: leaving,
    })
    await answer.body.arrayBuffer()
  } catch {
    // A stream that broke off, or a client that left, as its turn says.
  } finally {
    // What a cache answered the provider was never asked for.
    provider.forget(turn)
  }
}
