/**
 * The way through the targets of a route: which try comes next after which failure (the failure table), and why. What is open is
 * passed over; what rests after a 429 comes last, because waiting for nobody is better than an error.
 */
import { isOpen } from '../policy/breaker.ts'
import type { Rest, Routing } from '../policy/routing.ts'
import type { RouteCredential, RouteTarget } from '../policy/targets.ts'
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'
import type { LiveRoute } from './live-route.ts'

export interface Step {
  target: RouteTarget
  /** Weir's own; null: the client's, or none. */
  credential: RouteCredential | null
  /** The credential as the journal names it; null: none. */
  credentialName: string | null
  /** Milliseconds before it. */
  wait: number
  /** Why this one, in words. */
  why: string
}

/** How a try failed, as far as it matters for the next. */
export interface Failed {
  kind: '429' | 'auth' | '4xx' | '5xx' | 'connect' | 'timeout' | 'quality'
  status: number | null
  /** From Retry-After; null: it did not say. */
  retryAfter: number | null
  /** What a quality rule found. */
  flaw?: string
}

export interface Walk {
  /** The first try; null: every target is open. `skipped` says why. */
  first(): Step | null
  /** The try after a failed one; null: that was the last. Asking changes nothing until `take`. */
  after(failed: Failed): Step | null
  /** A target to ask beside the one that is slow: none that rests, and none for a call that is bound. */
  beside(): Step | null
  take(step: Step): void
  /** Whether this failure is one that another target may mend, be there one or not. */
  leadsOn(failed: Failed): boolean
  skipped(): string[]
  /** How long until one of the open targets may be tried. */
  soonest(): number
}

const BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 8000

interface Choice {
  target: RouteTarget
  credentials: readonly (RouteCredential | null)[]
}

export function createWalk(call: LiveCall, gateway: Gateway): Walk {
  const live = call.route!
  const { routing } = gateway
  const nameOf = (credential: RouteCredential | null) =>
    credential ? gateway.nameCredential(credential.key) : call.caller.credential
  const choices = live.targets.map((target): Choice => ({ target, credentials: credentialsFor(call, target, gateway) }))
  const tried = new Set<RouteTarget>()
  const used = new Set<RouteCredential | null>()
  let current: Step | null = null
  let tries = 0
  let waited = 0
  const fits = (wait: number) => waited + wait <= live.route.maxWait

  const restOf = ({ target, credentials }: Choice): Rest | null => {
    const rests = credentials.map((each) => routing.resting(target.name, nameOf(each) ?? ''))
    return rests.every((rest) => rest !== null) ? (rests.sort((a, b) => a!.until - b!.until)[0] ?? null) : null
  }
  const untried = () =>
    choices.filter(({ target }) => !tried.has(target) && !isOpen(routing.health(target.name).breaker, routing.now()))

  const toStep = (choice: Choice, said: string): Step => {
    const rested = choice.credentials.find((each) => !routing.resting(choice.target.name, nameOf(each) ?? ''))
    const credential = rested === undefined ? choice.credentials[0]! : rested
    return { target: choice.target, credential, credentialName: nameOf(credential), wait: 0, why: said }
  }
  /** The next target that may be tried: a rested one before one that rests. */
  const next = (): Step | null => {
    const open = untried()
    const ready = open.find((choice) => restOf(choice) === null)
    if (ready) return toStep(ready, whyOf(live, ready.target, tried.size))
    const [resting] = open
    if (!resting) return null
    const rest = restOf(resting)!
    return toStep(resting, `tried although it rests until ${clock(rest.until)} (${rest.why}): no other target is left`)
  }
  const again = (failed: Failed): Step | null => {
    if (failed.kind === 'auth' || tries > live.route.retries) return null
    if (isOpen(routing.health(current!.target.name).breaker, routing.now())) return null
    if (failed.retryAfter !== null && !fits(failed.retryAfter)) return null
    // A limit that does not say how long: another credential or target is the better wait.
    if (failed.kind === '429' && failed.retryAfter === null && (otherCredential(failed) ?? next())) return null
    const most = Math.min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** (tries - 1), live.route.maxWait - waited)
    const wait = failed.retryAfter ?? routing.random() * most
    return { ...current!, wait, why: `try ${tries + 1} of the same target, ${Math.round(wait)} ms later` }
  }
  const otherCredential = ({ kind }: Failed): Step | null => {
    if (kind !== '429' && kind !== 'auth') return null
    const choice = choices.find(({ target }) => target === current!.target)!
    const other = choice.credentials.find(
      (each) => !used.has(each) && !routing.resting(choice.target.name, nameOf(each) ?? ''),
    )
    if (!other) return null
    return { ...toStep(choice, `the next credential, ${other.name}`), credential: other, credentialName: nameOf(other) }
  }

  return {
    first: next,
    after(failed) {
      if (!leadsOn(live, failed)) return null
      // The same target would say much the same again.
      if (failed.kind === 'quality') return live.bound === null ? next() : null
      return again(failed) ?? (live.bound === null ? (otherCredential(failed) ?? next()) : null)
    },
    beside() {
      const ready = live.bound === null ? untried().find((choice) => restOf(choice) === null) : undefined
      return ready ? toStep(ready, whyOf(live, ready.target, tried.size)) : null
    },
    take(step) {
      const same = current?.target === step.target && current.credential === step.credential
      tries = same ? tries + 1 : 1
      if (current?.target !== step.target) used.clear()
      used.add(step.credential)
      tried.add(step.target)
      waited += step.wait
      current = step
    },
    leadsOn: (failed) => leadsOn(live, failed),
    skipped: () => skippedOf(live, choices, tried, routing, restOf),
    soonest() {
      const untils = choices.map(({ target }) => routing.health(target.name).breaker.openUntil)
      return Math.max(0, Math.min(...untils) - routing.now())
    },
  }
}

/** 401, 402 and 403 say that this credential is no good, whatever the route lists. */
function leadsOn({ route: { on } }: LiveRoute, { kind, status }: Failed): boolean {
  if (kind === 'auth' || kind === 'quality') return true
  return on.has(kind) || (status !== null && on.has(String(status)))
}

function whyOf({ strategy, ask, bound, stayed }: LiveRoute, target: RouteTarget, before: number): string {
  if (bound !== null) return `bound by ${bound} to the account that it was begun with: no other target is tried`
  const place = before === 0 ? 'tried first' : 'next'
  return stayed === target ? `${place}: its session is there` : `${place}: ${strategy.why(target, ask)}`
}

/** Targets that were passed over until now, with the reason. */
function skippedOf(
  { excluded }: LiveRoute,
  choices: readonly Choice[],
  tried: ReadonlySet<RouteTarget>,
  routing: Routing,
  restOf: (choice: Choice) => Rest | null,
): string[] {
  const passed = choices.flatMap((choice) => {
    const { name } = choice.target
    if (tried.has(choice.target)) return []
    const { breaker } = routing.health(name)
    if (isOpen(breaker, routing.now()))
      return `${name} skipped: open until ${clock(breaker.openUntil)} (${breaker.why})`
    const rest = restOf(choice)
    return rest ? `${name} skipped: cooling down until ${clock(rest.until)} (${rest.why})` : []
  })
  return [...excluded, ...passed]
}

const clock = (at: number) => `${new Date(at).toISOString().slice(11, 19)} UTC`

/** Whose credentials may be shown there. A client's own goes to its own provider only. */
function credentialsFor(call: LiveCall, target: RouteTarget, gateway: Gateway): (RouteCredential | null)[] {
  const live = call.route!
  if (live.ownProvider === target.provider.name || !call.caller.trusted || target.credentials.length === 0)
    return [null]
  const bound = live.boundTo
  const fitting =
    bound === null ? target.credentials : target.credentials.filter(({ key }) => gateway.nameCredential(key) === bound)
  const all = fitting.length > 0 ? fitting : target.credentials
  if (all.length === 1) return [...all]
  const stay = live.stay === null ? undefined : gateway.routing.stays.get(live.stay)
  const kept = stay?.target === target.name ? stay.credential : null
  const { random } = gateway.routing
  return all
    .map((one) => ({
      one,
      rank:
        gateway.nameCredential(one.key) === kept
          ? -1
          : one.weight === 0
            ? Number.POSITIVE_INFINITY
            : -Math.log(1 - random()) / one.weight,
    }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one)
}
