/**
 * The ledger of one process, in its memory. Nothing here waits but for what is not known yet (the price of a model, the rows of an
 * earlier process): between the look at all limits of a call and the taking there is no turn of the event loop, so of a thousand
 * calls at once exactly as many pass as there is room for.
 */
import type { LimitSums, SumQuestion } from '../../../db/queries/limit-sums.ts'
import { createCallTable } from '../../journal/call-table.ts'
import { amountOf, chargeOf } from './amounts.ts'
import { type KeyLimits, listBudgets } from './budgets.ts'
import type { Ask, Charge, Ledger, Reservation, Settled } from './ledger.ts'
import { createPriceBook, type Model, type TokenPrice } from './price-book.ts'
import { createRebuild } from './rebuild.ts'
import { nearText, refuse, type Refused, refuseUnpriced } from './refusal.ts'
import { counterOf, roll, type Rule, type Slot, slotAt, sumOf } from './rule.ts'
import { createRuleBook } from './rule-book.ts'

export interface LedgerDeps {
  sums(questions: SumQuestion[]): Promise<LimitSums>
  priceOf(model: Model): Promise<TokenPrice | null>
  /** Keys that carry limits, for who wants to see all of them. */
  keys(): Iterable<KeyLimits>
  /** Charges are needed from now on. */
  onNeed(): void
  say?(line: string): void
  now?(): number
}

/** Slots that a call has taken of, and how much; one place of each array belongs to one rule. */
interface Hold extends Reservation {
  rules: Rule[]
  slots: Slot[]
  amounts: number[]
  /** Counted by its row, or for good. */
  settled: boolean
  finished: boolean
}

export function createMemoryLedger(deps: LedgerDeps): Ledger {
  const { onNeed, say = () => {}, now = Date.now } = deps
  const prices = createPriceBook(deps.priceOf)
  const rebuild = createRebuild({ ask: deps.sums, now, say })
  const holds = createCallTable<Hold>()
  let needed = false
  const need = () => {
    needed = true
    onNeed()
  }
  const book = createRuleBook({ now, onNew: rebuild.read, onNeed: need })

  /** null: all is known that the decision needs. */
  const waitFor = (concerned: readonly Rule[], ask: Ask): Promise<unknown> | null => {
    let waits: Promise<unknown>[] | null = null
    const unread = concerned.filter(
      (rule) => mustKnow(rule) && rule.scopeOf(ask) !== null && !rebuild.isReady(rule, now()),
    )
    if (unread.length > 0) (waits ??= []).push(rebuild.ready(unread))
    if (concerned.some((rule) => rule.unit === 'cost' && rule.scopeOf(ask) !== null))
      for (const model of ask.models) if (prices.of(model) === undefined) (waits ??= []).push(prices.load(model))
    return waits && Promise.all(waits)
  }

  const take = (concerned: readonly Rule[], ask: Ask, force: boolean): Hold => {
    const at = now()
    const price = prices.dearest(ask.models)
    const hold: Hold = {
      callId: ask.callId,
      near: null,
      rules: [],
      slots: [],
      amounts: [],
      settled: false,
      finished: false,
    }
    let over: Refused[] | null = null
    let near: Refused[] | null = null
    for (const rule of concerned) {
      const scope = rule.scopeOf(ask)
      if (scope === null) continue
      roll(rule, at)
      const amount = amountOf(rule, ask, price)
      if (amount === null && !force)
        throw refuseUnpriced(
          rule,
          scope,
          ask.models.filter((model) => prices.of(model) === null),
        )
      const counter = counterOf(rule, scope)
      const { used, reserved } = sumOf(rule, counter)
      if (used + reserved + (amount ?? 0) > rule.max) {
        const refused = { rule, counter, amount: amount ?? 0 }
        if (rule.limit.action === 'block' && !force) (over ??= []).push(refused)
        else if (rule.limit.action === 'alert') (near ??= []).push(refused)
      }
      hold.rules.push(rule)
      hold.slots.push(slotAt(rule, counter, at)!)
      hold.amounts.push(amount ?? 0)
    }
    if (over !== null) throw refuse(over, ask, at)
    for (let i = 0; i < hold.slots.length; i++) hold.slots[i]!.reserved += hold.amounts[i]!
    holds.add(near === null ? hold : Object.assign(hold, { near: nearText(near) }))
    return hold
  }

  /** What was estimated is given back, or becomes what was used. */
  const release = (hold: Hold, keep: boolean) => {
    hold.settled = true
    holds.delete(hold.callId)
    for (let i = 0; i < hold.slots.length; i++) {
      if (hold.rules[i]!.unit === 'concurrency') continue
      const slot = hold.slots[i]!
      slot.reserved -= hold.amounts[i]!
      if (keep) slot.used += hold.amounts[i]!
    }
  }

  const add = (rule: Rule, charge: NonNullable<Charge>, hold: Hold | null) => {
    if (rule.span === null) return
    const scope = rule.scopeOf(charge)
    if (scope === null) return
    if (charge.startedAt < rule.bornAt) return rebuild.read(rule)
    roll(rule, now())
    const held = hold ? hold.rules.findIndex(({ id }) => id === rule.id) : -1
    const amount = chargeOf(rule, charge, held < 0 ? 0 : hold!.amounts[held]!)
    // Where the estimate stood, if it stood somewhere: a body may have taken until the next window to come.
    const counter = counterOf(rule, scope)
    const there = held < 0 ? null : hold!.slots[held]!
    const slot = there && counter.slots.includes(there) ? there : slotAt(rule, counter, charge.startedAt)
    if (slot) slot.used += amount
  }
  const settleOne = ({ id, charge }: Settled) => {
    const hold = holds.get(id) ?? null
    if (hold) release(hold, charge === undefined)
    if (!charge) return
    for (const rule of book.config()) add(rule, charge, hold)
    for (const rule of book.ofKey(charge)) add(rule, charge, hold)
    if (charge.costNano && charge.tokens && charge.model !== null && charge.provider !== null)
      prices.learn({ provider: charge.provider, model: charge.model }, charge.costNano, charge.tokens)
  }

  return {
    get active() {
      return book.config().length > 0
    },
    get byPlace() {
      return book.byPlace()
    },
    reserve(ask) {
      const concerned = book.concerning(ask)
      const wait = waitFor(concerned, ask)
      return wait === null ? take(concerned, ask, false) : wait.then(() => take(book.concerning(ask), ask, false))
    },
    count: (ask) => take(book.concerning(ask), ask, true),
    finish(reservation, recorded) {
      const hold = reservation as Hold
      if (hold.finished) return
      hold.finished = true
      for (let i = 0; i < hold.slots.length; i++)
        if (hold.rules[i]!.unit === 'concurrency') hold.slots[i]!.reserved -= hold.amounts[i]!
      if (!recorded && !hold.settled) release(hold, true)
    },
    settle(stored) {
      if (needed) for (const one of stored) settleOne(one)
    },
    configure(limits) {
      book.configure(limits)
      prices.forget()
    },
    budgets(key) {
      const all = book.all(deps.keys())
      return rebuild
        .ready(all)
        .then(() => listBudgets({ rules: all, keys: deps.keys(), key, now: now(), sums: deps.sums }))
    },
    close: rebuild.close,
  }
}

/** A money budget that blocks lets nothing through before it knows what is spent already. */
const mustKnow = ({ unit, limit }: Rule): boolean => unit === 'cost' && limit.action === 'block'
