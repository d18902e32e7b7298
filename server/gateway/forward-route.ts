/**
 * A call of a route: one target after the other until an answer has begun (the failure table in ARCHITECTURE.md). What a failed try
 * taught is kept in `routing`; nothing is tried again once the client has a byte.
 */
import { WeirError } from '../errors.ts'
import type { LiveAttempt } from './attempt.ts'
import { inWords } from './failed.ts'
import type { Gateway } from './gateway.ts'
import { mayHedge, race } from './hedge.ts'
import { type Abort, elapsed, type LiveCall } from './live.ts'
import { recallPlace } from './recall.ts'
import { relay } from './relay.ts'
import { giveUp, open, serve, type Tried } from './tries.ts'
import { createWalk, type Failed, type Step, type Walk } from './walk.ts'

export async function forwardByRoute(call: LiveCall, gateway: Gateway): Promise<void> {
  if (call.route!.unknownId !== null) await recallPlace(call, call.route!.unknownId, gateway)
  const walk = createWalk(call, gateway)
  let best: LiveAttempt | null = null
  let failure: WeirError | null = null
  const others = { racing: () => false, spare: () => best !== null && best.flaw !== null }
  const failed = (tried: Tried, next: (failed: Failed) => Step | 'other' | null): Step | 'other' | null => {
    const { attempt } = tried
    const why = giveUp(call, tried, gateway)
    failure = attempt.failure
    if (attempt.kept && (attempt.flaw !== null || !others.spare())) best = attempt
    const step = why ? next(why) : null
    note(call, attempt, why, step, gateway)
    return step
  }
  for (let step = walk.first(); step !== null;) {
    const startedMs = elapsed(call)
    if (step.wait > 0) await rest(call, step.wait)
    call.lostMs += elapsed(call) - startedMs
    walk.take(step)
    const tried = mayHedge(call)
      ? await race(step, { call, walk, others, onFailed: (one) => void failed(one, () => 'other') }, gateway)
      : await open(call, step, { walk, others }, gateway)
    if (tried.attempt.begun) return serve(call, tried, gateway)
    call.lostMs += elapsed(call) - tried.attempt.meta.atMs
    step = failed(tried, walk.after) as Step | null
  }
  const code = (failure as WeirError | null)?.code
  if (best && !call.clientGone && code !== 'canceled') return passOn(call, best, gateway)
  throw failure ?? nothingToTry(call, walk)
}

/** Ends the attempt's row: given up for what, and what came then. */
function note(
  call: LiveCall,
  { meta, failure }: LiveAttempt,
  failed: Failed | null,
  next: Step | 'other' | null,
  gateway: Gateway,
): void {
  const what = failed ? inWords(failed) : failure!.code
  const then =
    next === null
      ? 'and nothing is left to try'
      : next === 'other'
        ? 'so the other was waited for'
        : 'so the next was tried'
  meta.reason += `; ${what}, ${then}`
  void gateway.journal.attempt(call.id, meta)
}

/** No target did better: the last answer that was given up goes to the client as it came. */
function passOn(call: LiveCall, attempt: LiveAttempt, gateway: Gateway): Promise<void> {
  call.provider = attempt.target.provider
  call.upstream = attempt.target
  call.injected = null
  // It is the call's answer after all, and is read and billed as that.
  delete attempt.meta.answer
  if (attempt.flaw !== null) attempt.meta.reason += '; passed on in the end, because nothing better came'
  return relay(call, attempt, gateway)
}

function nothingToTry(call: LiveCall, walk: Walk): WeirError {
  const seconds = Math.max(1, Math.ceil(walk.soonest() / 1000))
  return new WeirError(
    'route_exhausted',
    `No target of the route ${call.route!.name} can be tried now: ${walk.skipped().join('; ')}. Try again in ${seconds} s.`,
    { headers: { 'retry-after': String(seconds) } },
  )
}

/** Between two tries. A client that leaves, or a hand that ends the call, ends it at once. */
function rest(call: LiveCall, ms: number): Promise<void> {
  const gone = () => new WeirError('client_gone', 'The client left while Weir waited before the next try.')
  if (call.clientGone) return Promise.reject(gone())
  return new Promise((resolve, reject) => {
    const done = () => {
      call.abort = null
      resolve()
    }
    const timer = setTimeout(done, ms)
    const stop: Abort = (why) => {
      clearTimeout(timer)
      call.abort = null
      reject(why === 'client_gone' ? gone() : why)
    }
    call.abort = stop
  })
}
