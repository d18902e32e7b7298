/**
 * The ledger of several Weirs, in the Redis that they share: one script looks at all limits of a call and takes of all or of none.
 * The counters live there, so a start rebuilds nothing; they end with their windows. What happens while Redis is away is
 * configured: calls pass and are counted afterwards (fail_open), or those under a limit that blocks are refused (fail_closed).
 */
import type { LimitSums, SumQuestion } from '../../../db/queries/limit-sums.ts'
import { WeirError } from '../../errors.ts'
import type { Redis } from '../../redis/redis.ts'
import { amountOf } from './amounts.ts'
import { type KeyLimits, listBudgets } from './budgets.ts'
import type { Ask, Ledger, Reservation } from './ledger.ts'
import { createPriceBook, type Model, type TokenPrice } from './price-book.ts'
import { readCounters } from './redis-counters.ts'
import { createLeases, type Held } from './redis-leases.ts'
import { holdKey, LEASE_MS, type Place, placeOf, toCounter } from './redis-places.ts'
import { RESERVE } from './redis-scripts.ts'
import { createSettler, type HoldEntry } from './redis-settle.ts'
import { nearText, refuse, type Refused, refuseUnpriced } from './refusal.ts'
import { roll, type Rule } from './rule.ts'
import { createRuleBook } from './rule-book.ts'

export interface RedisLedgerDeps {
  redis: Redis
  whenDown(): 'fail_open' | 'fail_closed'
  sums(questions: SumQuestion[]): Promise<LimitSums>
  priceOf(model: Model): Promise<TokenPrice | null>
  /** Keys that carry limits, for who wants to see all of them. */
  keys(): Iterable<KeyLimits>
  /** Charges are needed from now on. */
  onNeed(): void
  now?(): number
}

export interface RedisLedger extends Ledger {
  /** Renews the leases of running calls; by itself every ten seconds. */
  beat(): Promise<void>
  /** Calls that passed unchecked, and calls whose true figures were given up, because Redis was away. */
  counters(): { unchecked: number; lost: number }
}

interface Wanted {
  rule: Rule
  place: Place
  amount: number
}

export function createRedisLedger(deps: RedisLedgerDeps): RedisLedger {
  const { redis, now = redis.now } = deps
  const prices = createPriceBook(deps.priceOf)
  let needed = false
  const need = () => {
    needed = true
    deps.onNeed()
  }
  const book = createRuleBook({ now, onNew: () => {}, onNeed: need })
  const leases = createLeases({ redis, now })
  const settler = createSettler({ redis, book, keys: deps.keys, now })
  let unchecked = 0

  const concerns = (ask: Ask): Rule[] => book.concerning(ask).filter((rule) => rule.scopeOf(ask) !== null)

  /** null: every price is known that the decision needs. */
  const waitFor = (concerned: readonly Rule[], { models }: Ask): Promise<unknown> | null => {
    if (!concerned.some(({ unit }) => unit === 'cost')) return null
    const unknown = models.filter((model) => prices.of(model) === undefined)
    return unknown.length === 0 ? null : Promise.all(unknown.map((model) => prices.load(model)))
  }

  /** @throws WeirError `unpriced` */
  const toWanted = (concerned: readonly Rule[], ask: Ask, at: number, force: boolean): Wanted[] => {
    const price = prices.dearest(ask.models)
    return concerned.map((rule) => {
      roll(rule, at)
      const scope = rule.scopeOf(ask)!
      const amount = amountOf(rule, ask, price)
      if (amount === null && !force)
        throw refuseUnpriced(
          rule,
          scope,
          ask.models.filter((model) => prices.of(model) === null),
        )
      return { rule, place: placeOf(rule, scope, at, at)!, amount: amount ?? 0 }
    })
  }

  const hold = (ask: Ask, wanted: readonly Wanted[]): Held => {
    const places = wanted.map(({ place }) => place).filter(({ kind }) => kind === 'lease')
    const held: Held = { callId: ask.callId, near: null, leases: places, finished: false, place: -1 }
    if (places.length > 0) leases.add(held)
    return held
  }

  const take = async (concerned: readonly Rule[], ask: Ask): Promise<Reservation> => {
    const at = now()
    const wanted = toWanted(concerned, ask, at, false)
    let reply: unknown[]
    try {
      reply = await send(redis, ask, wanted, at, false)
    } catch (error) {
      if (deps.whenDown() === 'fail_closed' && wanted.some(({ rule }) => rule.limit.action === 'block'))
        throw away(error)
      unchecked++
      return hold(ask, wanted)
    }
    const passed = readPassed(reply, wanted)
    if (reply[0] === 0)
      throw refuse(
        passed.filter(({ rule }) => rule.limit.action === 'block'),
        ask,
        at,
      )
    const held = hold(ask, wanted)
    return passed.length === 0 ? held : Object.assign(held, { near: nearText(passed.map(withOwn)) })
  }

  return {
    get active() {
      return book.config().length > 0
    },
    get byPlace() {
      return book.byPlace()
    },
    reserve(ask) {
      const concerned = concerns(ask)
      if (concerned.length === 0) return hold(ask, [])
      const wait = waitFor(concerned, ask)
      return wait === null ? take(concerned, ask) : wait.then(() => take(concerns(ask), ask))
    },
    count(ask) {
      const at = now()
      const wanted = toWanted(concerns(ask), ask, at, true)
      if (wanted.length > 0) send(redis, ask, wanted, at, true).catch(() => unchecked++)
      return hold(ask, wanted)
    },
    finish(reservation, recorded) {
      const held = reservation as Held
      if (held.finished) return
      held.finished = true
      if (held.leases.length > 0) leases.drop(held)
      if (!recorded) settler.add([{ id: held.callId }])
    },
    settle(stored) {
      if (!needed) return
      settler.add(stored)
      for (const { charge } of stored)
        if (charge?.costNano && charge.tokens && charge.model !== null && charge.provider !== null)
          prices.learn({ provider: charge.provider, model: charge.model }, charge.costNano, charge.tokens)
    },
    configure(limits) {
      book.configure(limits)
      prices.forget()
    },
    async budgets(key) {
      await settler.idle()
      const rules = await readCounters(redis, book.all(deps.keys()), now())
      return listBudgets({ rules, keys: deps.keys(), key, now: now(), sums: deps.sums })
    },
    beat: leases.beat,
    counters: () => ({ unchecked, lost: settler.lost() }),
    async close() {
      await settler.idle()
      settler.close()
      leases.close()
    },
  }
}

const send = (redis: Redis, ask: Ask, wanted: readonly Wanted[], at: number, force: boolean): Promise<unknown[]> => {
  const lasting = wanted.filter(({ place }) => place.kind !== 'lease')
  const entries = lasting.map(({ rule, place, amount }): HoldEntry => [rule.digest, place.key, place.slot, amount])
  const life = Math.max(0, ...lasting.map(({ place }) => place.life))
  return redis.run(
    RESERVE,
    [holdKey(ask.callId), ...wanted.flatMap(({ place }) => [place.key, place.index])],
    [at, force ? 1 : 0, JSON.stringify(entries), life, ask.callId, LEASE_MS, ...wanted.flatMap(toArguments)],
  ) as Promise<unknown[]>
}

const toArguments = ({ rule, place, amount }: Wanted) => [
  place.kind,
  place.slot,
  place.oldest,
  String(amount),
  String(rule.max),
  rule.limit.action === 'block' ? 1 : 0,
  place.life,
  place.scope,
]

/** The limits that this call passes, each with what counted before it. */
function readPassed([, ...pairs]: unknown[], wanted: readonly Wanted[]): Refused[] {
  const passed: Refused[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const { rule, place, amount } = wanted[(pairs[i] as number) - 1]!
    passed.push({ rule, counter: toCounter(place, pairs[i + 1] as string[]), amount })
  }
  return passed
}

/** A soft limit tells what counts with this call. */
const withOwn = ({ rule, counter: { scope, slots }, amount }: Refused): Refused => {
  const own = { id: Number.MAX_SAFE_INTEGER, before: 0, used: 0, reserved: amount }
  const [first] = slots
  const counted = rule.rollingMs === null && first ? [{ ...first, reserved: first.reserved + amount }] : [...slots, own]
  return { rule, counter: { scope, slots: counted }, amount }
}

const away = (cause: unknown): WeirError =>
  new WeirError(
    'limits_unavailable',
    'The Redis that holds the limits of this call does not answer, and redisDown: fail_closed lets no such call pass. Try again in a moment.',
    { cause, headers: { 'retry-after': '1' } },
  )
