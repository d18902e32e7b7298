/** A ledger on a clock that a test turns, with rows and prices as it says; in memory, or in a real Redis. */
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'
import type { LimitSums, SumQuestion } from '../../db/queries/limit-sums.ts'
import { limitSchema } from '../../server/config/limits.ts'
import type { KeyLimits } from '../../server/policy/limits/budgets.ts'
import type { Ask, Charge, Ledger, Settled } from '../../server/policy/limits/ledger.ts'
import { createMemoryLedger, type LedgerDeps } from '../../server/policy/limits/memory-ledger.ts'
import type { Model, TokenPrice } from '../../server/policy/limits/price-book.ts'
import { createRedisLedger, type RedisLedger } from '../../server/policy/limits/redis-ledger.ts'
import { openRedis, type Redis } from '../../server/redis/redis.ts'
import { startRedis, type TestRedis, whyNoRedis } from '../support/redis.ts'

export interface LedgerHouse {
  ledger: Ledger
  clock: { now: number }
  configure(limits: Record<string, unknown>[]): void
  /** Tells of stored calls; settles when they count. */
  settle(stored: readonly Settled[]): Promise<void>
  /** Settles when all that the ledger was told counts. */
  settled(): Promise<void>
  /** Questions that reached the database. */
  asked: SumQuestion[][]
}

export const NOON = Date.parse('2026-11-23T12:00:00Z')

export interface HouseOptions {
  sums?: (questions: SumQuestion[]) => Promise<LimitSums>
  priceOf?: (model: Model) => Promise<TokenPrice | null>
  keys?: KeyLimits[]
  clock?: { now: number }
}

export type OpenHouse = (limits: Record<string, unknown>[], options?: HouseOptions) => Promise<LedgerHouse>

function createHouse(
  limits: Record<string, unknown>[],
  {
    sums = async (questions) => ({ upTo: 1, sums: questions.map(() => []) }),
    // A dollar for a thousand tokens, either way.
    priceOf = async () => ({ input: 1_000_000, output: 1_000_000 }),
    keys = [],
    clock = { now: NOON },
  }: HouseOptions,
  create: (deps: LedgerDeps) => Ledger,
): LedgerHouse {
  const asked: SumQuestion[][] = []
  const ledger = create({
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
  const settled = async () => void (await ledger.budgets())
  const settle = (stored: readonly Settled[]) => {
    ledger.settle(stored)
    return settled()
  }
  return { ledger, clock, configure, settle, settled, asked }
}

export const openMemoryHouse: OpenHouse = async (limits, options = {}) =>
  createHouse(limits, options, createMemoryLedger)

/** `redis` given: another Weir on the same counters. */
export async function openRedisHouse(
  limits: Record<string, unknown>[],
  {
    redis,
    whenDown = 'fail_open',
    ...options
  }: HouseOptions & { redis: string; whenDown?: 'fail_open' | 'fail_closed' },
): Promise<LedgerHouse & { ledger: RedisLedger; redis: Redis }> {
  const connection = await openRedis({ url: redis, timeoutMs: PATIENCE_MS })
  const house = createHouse(limits, options, (deps) =>
    createRedisLedger({ ...deps, redis: connection, whenDown: () => whenDown }),
  )
  onTestFinished(async () => {
    await house.ledger.close()
    await connection.close()
  })
  return { ...house, ledger: house.ledger as RedisLedger, redis: connection }
}
/** A loaded machine is no broken Redis. */
const PATIENCE_MS = 20_000

/** The same story for every place that counts can be kept in. */
export function describeLedgers(story: (open: OpenHouse) => void): void {
  describe('in memory', () => story(openMemoryHouse))
  describeRedis((create) => story((limits, options = {}) => openRedisHouse(limits, { ...options, redis: create() })))
}

export function describeRedis(story: (create: () => string, server: () => TestRedis) => void): void {
  const reason = whyNoRedis()
  describe.skipIf(reason !== null)(reason ?? 'in Redis', () => {
    let server: TestRedis
    beforeAll(async () => {
      server = await startRedis()
    })
    afterAll(() => server?.close())
    story(
      () => server.create(),
      () => server,
    )
  })
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
  lane: null,
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
  lane: ask.lane,
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
