/**
 * Two tries at once (`hedge` of a route): when the first target has sent no header for a while, a second one is asked beside it. Who
 * answers first is the answer, the other is ended. Each has the request as `prepare` made it for its target; what the call says of
 * itself is the winner's from then on.
 */
import { WeirError } from '../errors.ts'
import type { Reservation } from '../policy/limits/ledger.ts'
import type { Others } from './gate.ts'
import type { Gateway } from './gateway.ts'
import { type Abort, elapsed, type LiveCall } from './live.ts'
import { reserveAgain } from './reserve.ts'
import { keep, letGo, open, type Prepared, putBack, type Tried } from './tries.ts'
import type { Step, Walk } from './walk.ts'

/** Sent twice it must be the same request, and do no harm: nothing that flows by, is bound to an account, or is no generation. */
export const mayHedge = ({ route, body, operation, method, attempts }: LiveCall): boolean =>
  route!.route.hedgeMs !== null &&
  attempts.length === 0 &&
  body.kind === 'whole' &&
  route!.bound === null &&
  method === 'POST' &&
  operation?.auxiliary !== true

interface Entrant {
  tried: Promise<Tried>
  done: Tried | null
  prepared: Prepared
  abort: Abort | null
}

export interface Race {
  call: LiveCall
  walk: Walk
  others: Others
  /** One has failed while the other is under way. */
  onFailed(tried: Tried): void
}

/** The try whose answer has begun, or the last one that failed. */
export async function race(first: Step, { call, walk, others, onFailed }: Race, gateway: Gateway): Promise<Tried> {
  const entrants: Entrant[] = []
  const all: Abort = (why) => {
    for (const { abort } of entrants) abort?.(why)
  }
  const running = () => entrants.filter(({ done }) => done === null).length
  const enter = (step: Step): Entrant => {
    const entrant: Entrant = { tried: null!, done: null, prepared: null!, abort: null }
    entrants.push(entrant)
    const onSent = () => {
      entrant.abort = call.abort
      call.abort = all
    }
    const racing = { ...others, racing: () => running() > 1 }
    entrant.tried = open(call, step, { walk, others: racing, onSent }, gateway).then((tried) => (entrant.done = tried))
    entrant.prepared = keep(call)
    return entrant
  }
  const settle = async (entrant: Entrant): Promise<Tried> => {
    const tried = await entrant.tried
    putBack(call, entrant.prepared)
    call.abort = tried.attempt.begun ? entrant.abort : null
    return tried
  }

  const one = enter(first)
  const second = await whoElse(one, first, { call, walk }, gateway)
  if (second === null) return settle(one)
  walk.take(second.step)
  const two = enter(second.step)
  const winner = await Promise.race([one.tried, two.tried]).then((tried) => (tried === one.done ? one : two))
  const other = winner === one ? two : one
  if (!winner.done!.attempt.begun) {
    onFailed(winner.done!)
    const last = await settle(other)
    if (other === two) call.lostMs += aloneMs(one, two)
    free(second.room, winner.done!.attempt.failure!.code === 'client_gone', gateway)
    return last
  }
  await end(other, winner, { call, room: second.room }, gateway)
  if (winner === two) call.lostMs += aloneMs(one, two)
  return settle(winner)
}

const aloneMs = (one: Entrant, two: Entrant) => two.done!.attempt.meta.atMs - one.done!.attempt.meta.atMs

/** The target to ask beside the first, with room for it; null: the first has answered in time, or there is none. */
async function whoElse(
  one: Entrant,
  first: Step,
  { call, walk }: Pick<Race, 'call' | 'walk'>,
  gateway: Gateway,
): Promise<{ step: Step; room: Reservation | null } | null> {
  const { hedgeMs } = call.route!.route
  const meta = call.attempts.at(-1)
  await slow(one.tried, hedgeMs!)
  const step = walk.beside()
  if (one.done !== null || meta?.headersMs !== null || call.clientGone || step === null) return null
  try {
    const room = await reserveAgain(call, gateway)
    // The limits may have taken their time.
    if (one.done === null)
      return { step: { ...step, why: `beside ${first.target.name}, slower than ${hedgeMs} ms: ${step.why}` }, room }
    free(room, false, gateway)
  } catch (error) {
    meta.reason += `; nobody was asked beside it: ${(error as WeirError).code}`
  }
  return null
}

/** Settles when the try has, or when the time is over. */
async function slow(tried: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([tried.catch(() => {}), late.promise])
  clearTimeout(timer)
}

/** The slower one is ended, and its row says so before the answer is passed on. */
async function end(
  slower: Entrant,
  { done }: Entrant,
  { call, room }: { call: LiveCall; room: Reservation | null },
  gateway: Gateway,
): Promise<void> {
  const { name } = done!.attempt.target
  slower.abort?.(new WeirError('canceled', `${name} answered first, so this try was ended.`))
  const { attempt } = await slower.tried
  attempt.meta.reason += `; ended after ${Math.round(elapsed(call) - attempt.meta.atMs)} ms, because ${name} answered first`
  void gateway.journal.attempt(call.id, attempt.meta)
  letGo(slower.done!, gateway)
  free(room, true, gateway)
}

/** `spent`: what the try that was ended may be billed for nobody will tell, so its estimate stands. */
function free(room: Reservation | null, spent: boolean, { ledger }: Gateway): void {
  if (room === null) return
  ledger.finish(room, !spent)
  if (!spent) ledger.settle([{ id: room.callId, charge: null }])
}
