/**
 * Five deadlines of one attempt, each with a code of its own: connect, headers, first event, idle, total. Idle stands still
 * while the client's back-pressure has paused the upstream: a slow reader is not a silent provider.
 */
import type { Config } from '../config/config.ts'
import { type ErrorCode, WeirError } from '../errors.ts'
import { headerOf } from './headers.ts'

export type Phase = 'connect' | 'headers' | 'firstEvent' | 'idle'
export type Deadlines = Config['timeouts']

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
export function deadlinesFor(config: Config, provider: string, rawHeaders: readonly string[]): Deadlines {
  const deadlines: Deadlines = { ...config.timeouts, ...config.providers[provider]?.timeouts }
  for (const phase of Object.keys(HEADERS) as (Phase | 'total')[]) {
    const wish = headerOf(rawHeaders, HEADERS[phase])
    if (wish !== null) deadlines[phase] = toMilliseconds(wish, HEADERS[phase])
  }
  return deadlines
}

const UNITS: Record<string, number> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function toMilliseconds(text: string, header: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim())
  const ms = match ? Number(match[1]) * UNITS[match[2] ?? '']! : Number.NaN
  if (Number.isFinite(ms) && ms > 0 && ms < 2 ** 31) return ms
  throw new WeirError('bad_request', `${header} is "${text}", which is not a time. Write milliseconds (30000) or a unit (30s, 5m).`)
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

export function createTimeouts(deadlines: Deadlines, target: string, expire: (error: WeirError) => void): Timeouts {
  let phase: Phase = 'connect'
  let timer: NodeJS.Timeout | null = null
  const fire = (what: Phase | 'total') => () =>
    expire(new WeirError(CODES[what], `${target} ${WORDS[what]} for ${deadlines[what]! / 1000} s (timeouts.${what}). Raise it in weir.yaml, or for one call with ${HEADERS[what]}.`))
  const total = deadlines.total === null ? null : setTimeout(fire('total'), deadlines.total)
  const arm = () => {
    if (timer) clearTimeout(timer)
    timer = setTimeout(fire(phase), deadlines[phase])
  }
  const disarm = () => {
    if (timer) clearTimeout(timer)
    timer = null
  }
  return {
    enter(next) {
      phase = next
      arm()
    },
    touch: () => void timer?.refresh(),
    pause: disarm,
    resume: arm,
    clear() {
      disarm()
      if (total) clearTimeout(total)
    },
  }
}
