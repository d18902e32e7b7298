/** A ledger on a clock that a test turns, with rows and prices as it says. */
import type { LimitSums, SumQuestion } from '../../db/queries/limit-sums.ts'
import { limitSchema } from '../../server/config/limits.ts'
import type { KeyLimits } from '../../server/policy/limits/budgets.ts'
import type { Ask, Charge, Ledger } from '../../server/policy/limits/ledger.ts'
import { createMemoryLedger } from '../../server/policy/limits/memory-ledger.ts'
import type { Model, TokenPrice } from '../../server/policy/limits/price-book.ts'

export interface LedgerHouse {
  ledger: Ledger
  clock: { now: number }
  configure(limits: Record<string, unknown>[]): void
  /** Questions that reached the database. */
  asked: SumQuestion[][]
}

export const NOON = Date.parse('2026-11-23T12:00:00Z')

export function createLedgerHouse(
  limits: Record<string, unknown>[],
  {
    sums = async (questions) => ({ upTo: 1, sums: questions.map(() => []) }),
    // A dollar for a thousand tokens, either way.
    priceOf = async () => ({ input: 1_000_000, output: 1_000_000 }),
    keys = [],
  }: {
    sums?: (questions: SumQuestion[]) => Promise<LimitSums>
    priceOf?: (model: Model) => Promise<TokenPrice | null>
    keys?: KeyLimits[]
  } = {},
): LedgerHouse {
  const clock = { now: NOON }
  const asked: SumQuestion[][] = []
  const ledger = createMemoryLedger({
    sums: (questions) => {
      asked.push(questions)
      return sums(questions)
    },
    priceOf,
    keys: () => keys,
    onNeed: () => {},
    now: () => clock.now,
  })
  const configure = (next: Record<string, unknown>[]) => ledger.configure(next.map((limit) => limitSchema.parse(limit)))
  configure(limits)
  return { ledger, clock, configure, asked }
}

let count = 0

export const anAsk = (more: Partial<Ask> = {}): Ask => ({
  callId: `call-${count++}-${Math.floor(Math.random() * 1e12)}`,
  startedAt: NOON,
  key: null,
  team: 'search',
  user: null,
  tags: {},
  route: null,
  model: 'm',
  provider: 'p',
  sessionId: null,
  keyLimits: null,
  inputTokens: 100,
  maxOutput: 100,
  models: [{ provider: 'p', priceId: 'p', model: 'm', free: false }],
  headers: 'openai',
  ...more,
})

export const aCharge = (ask: Ask, more: Partial<NonNullable<Charge>> = {}): Charge => ({
  startedAt: NOON,
  key: ask.key,
  team: ask.team,
  user: ask.user,
  tags: ask.tags,
  route: ask.route,
  model: ask.model,
  provider: ask.provider,
  sessionId: ask.sessionId,
  tokens: 50,
  costNano: 50_000_000,
  unpriced: false,
  ...more,
})

/** What a reservation failed with; null: it passed. */
export async function refusalOf(
  work: () => unknown,
): Promise<(Error & { code: string; headers: Record<string, string> }) | null> {
  try {
    await work()
    return null
  } catch (error) {
    return error as Error & { code: string; headers: Record<string, string> }
  }
}
