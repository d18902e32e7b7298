/**
 * Five deadlines of one attempt, each with a code of its own: connect, headers, first event, idle, total. Idle stands still
 * while the client's back-pressure has paused the upstream: a slow reader is not a silent provider.
 */
import { performance } from 'node:perf_hooks'
import type { Config } from '../config/config.ts'
import { type ErrorCode, WeirError } from '../errors.ts'
import type { Deadline, Deadlines } from './deadlines.ts'
import { headerOf } from './headers.ts'

export type Phase = 'connect' | 'headers' | 'firstEvent' | 'idle'
/** Milliseconds for each phase. */
export type Limits = Config['timeouts']

const CODES: Record<Phase | 'total', ErrorCode> = {
  connect: 'timeout_connect',
  headers: 'timeout_headers',
  firstEvent: 'timeout_first_event',
  idle: 'timeout_idle',
  total: 'timeout_total',
}
const WORDS: Record<Phase | 'total', string> = {
  connect: 'could not be reached',
  headers: 'sent no response headers',
  firstEvent: 'sent headers and then nothing',
  idle: 'fell silent in the middle of its answer',
  total: 'was not done with its answer',
}
const HEADERS: Record<Phase | 'total', string> = {
  connect: 'x-weir-timeout-connect',
  headers: 'x-weir-timeout-headers',
  firstEvent: 'x-weir-timeout-first-event',
  idle: 'x-weir-timeout-idle',
  total: 'x-weir-timeout-total',
}

/** Global settings, then the provider's, then what this call asks for (milliseconds, or with a unit: `90s`, `2m`). */
export function limitsFor(config: Config, provider: string, rawHeaders: readonly string[]): Limits {
  const own = config.providers[provider]?.timeouts
  const wishes = rawHeaders.some((name, i) => i % 2 === 0 && WISH.test(name))
  if (!own && !wishes) return config.timeouts
  const limits: Limits = { ...config.timeouts, ...own }
  if (!wishes) return limits
  for (const phase of Object.keys(HEADERS) as (Phase | 'total')[]) {
    const wish = headerOf(rawHeaders, HEADERS[phase])
    if (wish !== null) limits[phase] = toMilliseconds(wish, HEADERS[phase])
  }
  // LiteLLM's, in seconds, for those who come from there.
  const seconds = Number(headerOf(rawHeaders, 'x-litellm-timeout') ?? Number.NaN)
  if (seconds > 0 && headerOf(rawHeaders, HEADERS.total) === null) limits.total = seconds * 1000
  return limits
}

const WISH = /^x-(?:weir-timeout-|litellm-timeout$)/i
const UNITS: Record<string, number> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function toMilliseconds(text: string, header: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim())
  const ms = match ? Number(match[1]) * UNITS[match[2] ?? '']! : Number.NaN
  if (Number.isFinite(ms) && ms > 0 && ms < 2 ** 31) return ms
  throw new WeirError(
    'bad_request',
    `${header} is "${text}", which is not a time. Write milliseconds (30000) or a unit (30s, 5m).`,
  )
}

export interface Timeouts {
  /** Enters a phase: its deadline counts from now. */
  enter(phase: Phase): void
  /** Something came or went in this phase: its deadline counts anew. */
  touch(): void
  pause(): void
  resume(): void
  clear(): void
}

export function createTimeouts(
  limits: Limits,
  target: string,
  deadlines: Deadlines,
  fail: (error: WeirError) => void,
): Timeouts {
  const totalAt = limits.total === null ? Number.POSITIVE_INFINITY : performance.now() + limits.total
  let phase: Phase = 'connect'
  let standsStill = false
  const deadline: Deadline = {
    place: -1,
    at: totalAt,
    expire: () => fail(toTimeout(deadline.at === totalAt ? 'total' : phase, limits, target)),
  }
  /** The phase's deadline counts from now; the total one stands. */
  const count = () => (deadline.at = Math.min(totalAt, performance.now() + limits[phase]))
  deadlines.add(deadline)
  return {
    enter(next) {
      phase = next
      if (!standsStill) count()
    },
    // After a pause one more piece may be on its way: it must not start the clock again.
    touch: () => void (standsStill || count()),
    pause() {
      standsStill = true
      deadline.at = totalAt
    },
    resume() {
      standsStill = false
      count()
    },
    clear: () => deadlines.remove(deadline),
  }
}

const toTimeout = (what: Phase | 'total', limits: Limits, target: string): WeirError =>
  new WeirError(
    CODES[what],
    `${target} ${WORDS[what]} for ${limits[what]! / 1000} s (timeouts.${what}). Raise it in weir.yaml, or for one call with ${HEADERS[what]}.`,
  )
