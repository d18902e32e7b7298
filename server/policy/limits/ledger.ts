/**
 * What the gateway asks of limits, whatever keeps the counts: one process has them in its memory (memory-ledger.ts). `reserve` takes
 * of all limits of a call or of none; `finish` gives back the slot of calls at once; `settle` puts what the call truly took in place of
 * the estimate. Each may answer later, so that several processes can share one ledger.
 */
import type { KeyLimit, Limit } from './limit.ts'
import type { BudgetItem } from './budgets.ts'
import type { Model } from './price-book.ts'
import type { Scopes } from './scope.ts'

/** A call that wants to go on. */
export interface Ask extends Scopes {
  callId: string
  startedAt: number
  keyLimits: readonly KeyLimit[] | null
  /** About how many; the true number comes when the call is settled. */
  inputTokens: number
  /** Most tokens that the answer may have; null: the call does not say. */
  maxOutput: number | null
  /** Models that it may go to: the dearest of them is reserved for. Empty: nobody can see which. */
  models: readonly Model[]
  /** Whose names the headers of a refusal have. */
  headers: 'openai' | 'anthropic'
}

/** What a call holds until it is settled. */
export interface Reservation {
  readonly callId: string
  /** Soft limits that are passed, in words for a header; null: none. */
  readonly near: string | null
}

/** What became of a call, as its row says it; null: nothing that counts (refused by Weir, or housekeeping). */
export type Charge =
  | (Scopes & {
      startedAt: number
      /** null: unknown. */
      tokens: number | null
      costNano: number | null
      /** It cost something that nobody knows. */
      unpriced: boolean
    })
  | null

export interface Settled {
  id: string
  /** Absent: the recorder was not asked to tell. */
  charge?: Charge
}

export interface Ledger {
  /** Limits are configured: the one `if` of the data path. Those of a key come with its calls. */
  readonly active: boolean
  /** Sessions or lanes are limited: only then is it worth looking for their names. */
  readonly byPlace: boolean
  /** @throws WeirError `rate_limited`, `budget_spent`, `unpriced` */
  reserve(ask: Ask): Reservation | Promise<Reservation>
  /** What is going on already cannot be refused, only counted. */
  count(ask: Ask): Reservation
  /** The call is over. `recorded` false: its row will never come, so the estimate stands. Once for each reservation. */
  finish(reservation: Reservation, recorded: boolean): void
  settle(stored: readonly Settled[]): void
  configure(limits: readonly Limit[]): void
  /** All counters, or those that can refuse this key; the most used first. */
  budgets(key?: string): Promise<BudgetItem[]>
  close(): void | Promise<void>
}
