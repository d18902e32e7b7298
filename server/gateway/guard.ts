/**
 * The guard: acts on the next call of a run that was seen to turn in circles, as far as its key or route says so (`loops.action`).
 * While no run is tripped a call pays one `if`. A session whose id is on the wire is known by it; any other only by its
 * conversation, whose chain is computed for calls of the same key or credential as a tripped run's, and for no others.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { WeirError } from '../errors.ts'
import type { Finding, FindingState } from '../loops/finding.ts'
import { createMarks, scopeOf, type LoopNews, type Mark } from '../loops/news.ts'
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'
import { isEncoded } from './unpack.ts'

/** A longer request is parsed for milliseconds, in which no stream moves: it passes. */
const PARSED_AT_MOST = 4 * 2 ** 20
/** Loops at once; beyond that the oldest is let go. */
const MOST_TRIPPED = 1000

export interface Tripped {
  finding: Finding
  mark: Mark
  throttleMs: number
  until: number
}

export interface Guard {
  /** Some run is tripped. */
  readonly active: boolean
  hear(news: readonly LoopNews[], times: { throttleMs: number; releaseMs: number }): void
  /** A person said so. */
  mark(id: string, state: FindingState): void
  /** The tripped run that a call belongs to. */
  find(call: LiveCall): Tripped | null
}

export function createGuard(loopKey: Uint8Array, now: () => number = Date.now): Guard {
  const tripped = new Map<string, Tripped>()
  const marks = createMarks(loopKey)
  const inForce = (one: Tripped): boolean => {
    if (one.until > now()) return true
    tripped.delete(one.finding.id)
    return false
  }

  return {
    get active() {
      return tripped.size > 0
    },
    hear(news, { throttleMs, releaseMs }) {
      for (const { finding, mark } of news) {
        // It went on without repeating, or it is no longer to be acted on.
        tripped.delete(finding.id)
        if (mark) tripped.set(finding.id, { finding, mark, throttleMs, until: now() + releaseMs })
        if (tripped.size > MOST_TRIPPED) tripped.delete(tripped.keys().next().value!)
      }
    },
    mark(id, state) {
      if (state !== 'open') tripped.delete(id)
    },
    find(call) {
      const all = [...tripped.values()].filter(inForce)
      const { session } = call.caller
      if (session) return all.find(({ mark }) => mark.sessionId === session.id) ?? null
      const scope = scopeOf(call.caller)
      const mine = all.filter(({ mark }) => mark.scope === scope)
      if (mine.length === 0) return null
      const begun = new Set(beginningsOf(call, scope, marks))
      return mine.find(({ mark }) => mark.heads.some((head) => begun.has(head))) ?? null
    },
  }
}

function beginningsOf(call: LiveCall, scope: string, marks: ReturnType<typeof createMarks>): string[] {
  const { body, dialect, operation } = call
  if (body.kind !== 'whole' || body.bytes.length > PARSED_AT_MOST || isEncoded(call) || !dialect || !operation)
    return []
  try {
    const context = { operation: operation.name, path: call.upstream?.path ?? call.target }
    return marks.beginnings(scope, dialect.readRequest(JSON.parse(body.bytes.toString('utf8')), context))
  } catch {
    // What cannot be read is the provider's to refuse.
    return []
  }
}

/** @throws WeirError `loop_blocked`, `client_gone` */
export async function guard(call: LiveCall, gateway: Gateway): Promise<void> {
  if (call.operation?.auxiliary === true) return
  const found = gateway.guard.find(call)
  if (!found) return
  const { finding, throttleMs } = found
  call.loop = `${finding.id}; ${finding.verdict}; ${finding.rules.join(' ')}`
  if (finding.action === 'block') throw refusal(found)
  if (finding.action !== 'throttle') return
  call.changes.push({
    what: `held back for ${throttleMs / 1000} s`,
    why: `loops: this run turns in circles (${finding.id})`,
  })
  await heldBack(call, throttleMs)
}

/** In words that an agent can act on, for they are all that it gets to read. */
function refusal({ finding, until }: Tripped): WeirError {
  const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000))
  const why = finding.evidence.map(({ text }) => text).join('; ')
  return new WeirError(
    'loop_blocked',
    `Weir has stopped this run because it turns in circles: ${why}. Do not repeat that. Try something else (other arguments, another tool, a question to the user), or end the run and say what is missing. Calls of this run pass again in ${seconds} s. (Finding ${finding.id}; a person can let it go on under Loops in the dashboard.)`,
    { headers: { 'retry-after': String(seconds), 'x-should-retry': 'false' } },
  )
}

async function heldBack(call: LiveCall, ms: number): Promise<void> {
  const left = new AbortController()
  const leave = () => left.abort()
  call.outgoing.once('close', leave)
  const before = call.abort
  const giveUp = (why: WeirError | 'client_gone') => left.abort(why)
  call.abort = giveUp
  try {
    await wait(ms, undefined, { signal: left.signal })
  } catch {
    const why: unknown = left.signal.reason
    throw why instanceof WeirError ? why : new WeirError('client_gone', 'The client left while its call was held back.')
  } finally {
    call.outgoing.off('close', leave)
    call.abort = before
  }
}
