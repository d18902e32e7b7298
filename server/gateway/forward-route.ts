/**
 * A call of a route: one target after the other until an answer has begun (the failure table in ARCHITECTURE.md). What a failed try
 * taught is kept in `routing`; nothing is tried again once the client has a byte.
 */
import { WeirError } from '../errors.ts'
import { enter, failed as countFailure, succeeded, undecided } from '../policy/breaker.ts'
import { type Health, learn } from '../policy/health.ts'
import { type LiveAttempt, tryTarget } from './attempt.ts'
import { fromError, fromStatus, inWords } from './failed.ts'
import type { Gateway } from './gateway.ts'
import { createGate } from './gate.ts'
import { withoutUsage } from './inject-usage.ts'
import { type Abort, elapsed, type LiveCall } from './live.ts'
import { maskTarget } from './mask.ts'
import { prepare } from './prepare.ts'
import { recallPlace } from './recall.ts'
import { relay } from './relay.ts'
import { createWalk, type Failed, type Step, type Walk } from './walk.ts'

export async function forwardByRoute(call: LiveCall, gateway: Gateway): Promise<void> {
  if (call.route!.unknownId !== null) await recallPlace(call, call.route!.unknownId, gateway)
  const walk = createWalk(call, gateway)
  let best: LiveAttempt | null = null
  let failure: WeirError | null = null
  for (let step = walk.first(); step !== null;) {
    const startedMs = elapsed(call)
    if (step.wait > 0) await rest(call, step.wait)
    call.lostMs += elapsed(call) - startedMs
    walk.take(step)
    const tried = await tryStep(call, step, walk, gateway)
    if (tried.begun) return
    call.lostMs += elapsed(call) - tried.attempt.meta.atMs
    failure = tried.attempt.failure
    if (tried.attempt.kept) best = tried.attempt
    step = tried.failed ? walk.after(tried.failed) : null
    note(call, tried.attempt, tried.failed, step, gateway)
    if (!tried.failed) break
  }
  if (best && !call.clientGone && failure?.code !== 'canceled') return passOn(call, best, gateway)
  throw failure ?? nothingToTry(call, walk)
}

type Tried = { begun: true } | { begun: false; attempt: LiveAttempt; failed: Failed | null }

/** One try, to the end of its answer if it has one. */
async function tryStep(call: LiveCall, step: Step, walk: Walk, gateway: Gateway): Promise<Tried> {
  const { routing } = gateway
  const health = routing.health(step.target.name)
  const trial = enter(health.breaker, call.route!.route.breaker, routing.now())
  health.inFlight++
  try {
    const attempt = await ask(call, step, walk, gateway)
    if (!attempt.begun) {
      const failed = attempt.status === 0 ? fromError(attempt.failure!) : failedAnswer(attempt, gateway)
      // A client that left, or a call that was ended by hand, says nothing about the target.
      if (failed) judge(call, step, { health, trial, failed, why: attempt.failure!.message }, gateway)
      else undecided(health.breaker, trial, routing.now())
      if (failed) health.window.add(routing.now(), 0, true)
      return { begun: false, attempt, failed }
    }
    // How long the first events were waited for is the provider's time.
    call.lostMs += elapsed(call) - attempt.meta.atMs - (attempt.meta.headersMs ?? 0)
    const failed = fromStatus(attempt.status, attempt.rawHeaders, routing.now())
    judge(call, step, { health, trial, failed, why: `answered ${attempt.status}` }, gateway)
    if (failed && call.attempts.length > 1) attempt.meta.reason += `; ${inWords(failed)}, and nothing is left to try`
    await relay(call, attempt, gateway)
    learnFrom(call, { attempt, failed }, health, gateway)
    return { begun: true }
  } finally {
    health.inFlight--
  }
}

/** Asks the target; once more without `stream_options`, where Weir itself asked for too much. */
async function ask(call: LiveCall, step: Step, walk: Walk, gateway: Gateway): Promise<LiveAttempt> {
  const mayHold = call.body.kind !== 'stream' && walk.after({ kind: '5xx', status: 500, retryAfter: null }) !== null
  prepare(call, { target: step.target, credential: step.credential, mayHold }, gateway)
  const send = () => tryTarget(call, call.upstream!, gateway, createGate(call, walk, gateway))
  const asked = send()
  explain(call, step, walk.skipped())
  const attempt = await asked
  if (attempt.begun || !call.usageRefused) return attempt
  attempt.meta.reason += '; asked again without stream_options'
  void gateway.journal.attempt(call.id, attempt.meta)
  gateway.refusesUsage.add(call.upstream!.origin)
  withoutUsage(call)
  call.usageRefused = false
  const again = send()
  explain(call, step, [])
  return again
}

/** Why this target, in words, on the attempt's row. */
function explain(call: LiveCall, step: Step, skipped: readonly string[]): void {
  const meta = call.attempts.at(-1)!
  meta.reason = [step.why, ...skipped].join('; ')
  meta.credential = step.credentialName
  meta.provider = step.target.provider.name
  meta.model = call.model
  meta.path = maskTarget(call.upstream!.path)
}

const failedAnswer = (attempt: LiveAttempt, { routing }: Gateway): Failed =>
  fromStatus(attempt.status, attempt.rawHeaders, routing.now()) ?? { kind: '5xx', status: null, retryAfter: null }

/** What a try says about its target and its credential. */
function judge(
  call: LiveCall,
  step: Step,
  { health, trial, failed, why }: { health: Health; trial: boolean; failed: Failed | null; why: string },
  { routing }: Gateway,
): void {
  const { route, stay } = call.route!
  const now = routing.now()
  if (failed?.kind === '429') {
    const until = now + (failed.retryAfter ?? route.cooldown)
    routing.rest(step.target.name, step.credentialName ?? '', { until, why: inWords(failed) })
  }
  if (failed && (failed.kind === '5xx' || failed.kind === 'connect' || failed.kind === 'timeout'))
    return countFailure(health.breaker, route.breaker, { trial, now, why })
  succeeded(health.breaker, trial)
  if (failed || stay === null) return
  routing.stays.set(stay, { target: step.target.name, credential: step.credentialName, at: now })
}

/** After the answer: how long it took, and whether it broke off. */
function learnFrom(
  call: LiveCall,
  { attempt, failed }: { attempt: LiveAttempt; failed: Failed | null },
  health: Health,
  { routing }: Gateway,
): void {
  const now = routing.now()
  const took = elapsed(call) - attempt.meta.atMs
  const code = call.answered?.errorCode ?? null
  const broke = code !== null && (code.startsWith('upstream_') || code.startsWith('timeout_'))
  // A request that is wrong is no failure of the target's.
  health.window.add(now, took, broke || (failed !== null && failed.kind !== '4xx'))
  if (broke)
    return countFailure(health.breaker, call.route!.route.breaker, {
      trial: false,
      now,
      why: call.answered!.errorMessage ?? code,
    })
  if (attempt.status >= 400 || code !== null) return
  if (call.stream === true) learn(health.firstByte, attempt.firstByteMs ?? took, now)
  else learn(health.whole, took, now)
}

/** Ends the attempt's row: given up for what, and what came then. */
function note(
  call: LiveCall,
  { meta, failure }: LiveAttempt,
  failed: Failed | null,
  next: Step | null,
  gateway: Gateway,
): void {
  const what = failed ? inWords(failed) : failure!.code
  meta.reason += `; ${what}, ${next ? 'so the next was tried' : 'and nothing is left to try'}`
  void gateway.journal.attempt(call.id, meta)
}

/** No target did better: the last answer that was given up goes to the client as it came. */
function passOn(call: LiveCall, attempt: LiveAttempt, gateway: Gateway): Promise<void> {
  call.provider = attempt.target.provider
  call.upstream = attempt.target
  call.injected = null
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
