/** One try of a route's call: sent, and when its fate is known, what that says about target and credential. */
import { enter, failed as countFailure, succeeded, undecided } from '../policy/breaker.ts'
import { type Health, learn } from '../policy/health.ts'
import { type LiveAttempt, tryTarget } from './attempt.ts'
import { fromError, fromStatus, inWords } from './failed.ts'
import { BROKEN, createGate, FLAWED, type Others } from './gate.ts'
import type { Gateway } from './gateway.ts'
import { withoutUsage } from './inject-usage.ts'
import { elapsed, type LiveCall } from './live.ts'
import { maskTarget } from './mask.ts'
import { prepare } from './prepare.ts'
import { relay } from './relay.ts'
import type { Failed, Step, Walk } from './walk.ts'

/** A try whose answer has begun, or that has failed. */
export interface Tried {
  step: Step
  health: Health
  /** It tries for all, whether a target that was left alone is there again. */
  trial: boolean
  attempt: LiveAttempt
}

/** Told at once of each request that has gone out for a try. */
export type OnSent = () => void

/** Until the answer has begun or the try has failed. Then one of `serve`, `giveUp` and `letGo` ends it. */
export async function open(
  call: LiveCall,
  step: Step,
  { walk, others, onSent }: { walk: Walk; others: Others; onSent?: OnSent },
  gateway: Gateway,
): Promise<Tried> {
  const { routing } = gateway
  const health = routing.health(step.target.name)
  const trial = enter(health.breaker, call.route!.route.breaker, routing.now())
  health.inFlight++
  try {
    return { step, health, trial, attempt: await ask(call, step, { walk, others, onSent }, gateway) }
  } catch (error) {
    health.inFlight--
    throw error
  }
}

/** Asks the target; once more without `stream_options`, where Weir itself asked for too much. */
async function ask(
  call: LiveCall,
  step: Step,
  { walk, others, onSent }: { walk: Walk; others: Others; onSent: OnSent | undefined },
  gateway: Gateway,
): Promise<LiveAttempt> {
  const looked = call.stream === true ? BROKEN : call.route!.route.quality && FLAWED
  const mayHold = call.body.kind !== 'stream' && looked !== null && walk.after(looked) !== null
  prepare(call, { target: step.target, credential: step.credential, mayHold }, gateway)
  const send = (target = call.upstream!) => {
    const asked = tryTarget(call, target, gateway, createGate(call, walk, others, gateway))
    onSent?.()
    return asked
  }
  const { origin } = call.upstream!
  const mine = keep(call)
  const asked = send()
  explain(call, step, walk.skipped())
  const attempt = await asked
  if (attempt.begun || !attempt.usageRefused) return attempt
  attempt.meta.reason += '; asked again without stream_options'
  void gateway.journal.attempt(call.id, attempt.meta)
  gateway.refusesUsage.add(origin)
  // Another try may have been made ready since.
  putBack(call, mine)
  withoutUsage(call)
  const again = send()
  explain(call, step, [])
  return again
}

/** What `prepare` made of the call for one try. */
export type Prepared = Pick<
  LiveCall,
  | 'provider'
  | 'dialect'
  | 'operation'
  | 'model'
  | 'billing'
  | 'upstream'
  | 'body'
  | 'dropHeaders'
  | 'setHeaders'
  | 'changes'
  | 'injected'
>

export function keep(call: LiveCall): Prepared {
  const { provider, dialect, operation, model, billing, upstream, body, dropHeaders, setHeaders, changes } = call
  return {
    provider,
    dialect,
    operation,
    model,
    billing,
    upstream,
    body,
    dropHeaders,
    setHeaders,
    changes,
    injected: call.injected,
  }
}

export const putBack = (call: LiveCall, prepared: Prepared): void => void Object.assign(call, prepared)

/** Why this target, in words, on the attempt's row. */
function explain(call: LiveCall, step: Step, skipped: readonly string[]): void {
  const meta = call.attempts.at(-1)!
  meta.reason = [step.why, ...skipped].join('; ')
  meta.credential = step.credentialName
  meta.provider = step.target.provider.name
  meta.model = call.model
  meta.path = maskTarget(call.upstream!.path)
}

/** The answer has begun: it is the client's, to its end. */
export async function serve(call: LiveCall, tried: Tried, gateway: Gateway): Promise<void> {
  const { attempt, health } = tried
  // How long the first events were waited for is the provider's time.
  call.lostMs += elapsed(call) - attempt.meta.atMs - (attempt.meta.headersMs ?? 0) - attempt.judgedMs
  const failed = fromStatus(attempt.status, attempt.rawHeaders, gateway.routing.now())
  judge(call, tried, { failed, why: `answered ${attempt.status}` }, gateway)
  if (attempt.note !== null) attempt.meta.reason += `; its quality was not judged: ${attempt.note}`
  if (failed && call.attempts.length > 1) attempt.meta.reason += `; ${inWords(failed)}, and nothing is left to try`
  try {
    await relay(call, attempt, gateway)
    learnFrom(call, attempt, failed, tried, gateway)
  } finally {
    health.inFlight--
  }
}

/** It failed. null: that says nothing about the target (the client left, or the call was ended by hand). */
export function giveUp(call: LiveCall, tried: Tried, gateway: Gateway): Failed | null {
  const { attempt, health, trial } = tried
  const now = gateway.routing.now()
  health.inFlight--
  const failed = attempt.status === 0 ? fromError(attempt.failure!) : failedAnswer(attempt, gateway)
  if (failed) judge(call, tried, { failed, why: attempt.failure!.message }, gateway)
  else undecided(health.breaker, trial, now)
  // An answer that a rule did not like was an answer.
  if (failed)
    health.window.add(now, attempt.flaw === null ? 0 : elapsed(call) - attempt.meta.atMs, attempt.flaw === null)
  return failed
}

/** Another was quicker: nothing is known of this one. */
export function letGo({ health, trial }: Tried, { routing }: Gateway): void {
  health.inFlight--
  undecided(health.breaker, trial, routing.now())
}

/** It had headers: their status tells, else why it was given up before its answer had begun. */
function failedAnswer({ flaw, failure, status, rawHeaders }: LiveAttempt, { routing }: Gateway): Failed | null {
  if (flaw !== null) return { ...FLAWED, flaw }
  const { code } = failure!
  if (code === 'client_gone' || code === 'canceled') return null
  return fromStatus(status, rawHeaders, routing.now()) ?? (code === 'upstream_failed' ? BROKEN : fromError(failure!))
}

/** What a try says about its target and its credential. */
function judge(
  call: LiveCall,
  { step, health, trial }: Tried,
  { failed, why }: { failed: Failed | null; why: string },
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
  attempt: LiveAttempt,
  failed: Failed | null,
  { health }: Tried,
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
