// What limits read from the rows at a start is what they counted before it, call by call; nothing is read twice, and nothing missed.
import { beforeAll, expect, test } from 'vitest'
import { limitSums, type SumQuestion } from '../../db/queries/limit-sums.ts'
import type { Call } from '../../server/call.ts'
import { createScope } from '../../server/policy/limits/scope.ts'
import { toCharge } from '../../server/recorder/charge.ts'
import { createRandom, NOON, randomCall, toCall, toRecorded } from '../db/calls.ts'
import { describeDatabases, type Opened } from '../db/databases.ts'
import { anAsk, NOON as LEDGER_NOON, openMemoryHouse } from './support.ts'

const DAY = 86_400_000
const random = createRandom(41)
const calls = Array.from({ length: 1200 }, (_, i) => ({
  ...randomCall(random, NOON - 3 * DAY, NOON),
  ...(i % 10 === 0 ? { method: 'GET' } : {}),
  ...(i % 7 === 0 ? { auxiliary: true } : {}),
  sessionId: i % 3 === 0 ? null : `run-${i % 4}`,
  lane: i % 5 === 0 ? null : `agent-${i % 2}`,
}))

const SCOPES: Pick<SumQuestion, 'on' | 'name'>[] = [
  { on: 'global', name: null },
  { on: 'team', name: null },
  { on: 'team', name: 'red' },
  { on: 'model', name: null },
  { on: 'tag', name: 'feature' },
  { on: 'tag', name: 'feature=search' },
  { on: 'session', name: null },
  { on: 'lane', name: null },
]

/** By scope and slot. */
function expected(list: readonly Call[], { on, name, since, until, slotMs }: SumQuestion) {
  const scopeOf = createScope({ on, name: name ?? undefined })
  const sums: Record<string, number[]> = {}
  for (const call of list) {
    const charge = toCharge(call)
    const scope = charge && scopeOf(charge)
    if (!charge || scope === null || call.startedAt < since || call.startedAt >= until) continue
    const sum = (sums[`${scope} ${slotMs ? Math.floor(call.startedAt / slotMs) : 0}`] ??= [0, 0, 0, 0])
    sum[0]! += 1
    sum[1]! += charge.tokens ?? 0
    sum[2]! += charge.costNano ?? 0
    sum[3]! += charge.unpriced ? 1 : 0
  }
  return sums
}

describeDatabases((databases) => {
  let opened: Opened
  const half = calls.slice(0, 600)
  let upTo = 0

  beforeAll(async () => {
    opened = await databases.open()
    await opened.record(...half.map((call) => toRecorded(call)))
    upTo = (await limitSums(opened.read, { questions: [] })).upTo
    await opened.record(...calls.slice(600).map((call) => toRecorded(call)))
  })

  const sumsOf = async (question: SumQuestion) => {
    const { sums } = await limitSums(opened.read, { questions: [question] })
    return Object.fromEntries(
      sums[0]!.map(({ scope, slot, requests, tokens, costNano, unpriced }) => [
        `${scope} ${slot}`,
        [requests, tokens, costNano, unpriced],
      ]),
    )
  }

  test.each(SCOPES)('sums on $on $name', async (scope) => {
    for (const slotMs of [null, 3_600_000]) {
      const question = { ...scope, since: NOON - 2 * DAY, until: NOON - 3_600_000, after: 0, slotMs }
      expect(await sumsOf(question)).toEqual(expected(calls, question))
      expect(await sumsOf({ ...question, after: upTo })).toEqual(expected(calls.slice(600), question))
    }
  })

  test('a ledger reads what an earlier process counted, and later what that one had left in the journal', async () => {
    const { read, record } = await databases.open()
    const before = (more: Partial<Call>) =>
      toCall({ startedAt: LEDGER_NOON - 3_600_000, team: 'search', costNano: 100_000_000, ...more })
    await record(...[before({}), before({}), before({ outcome: 'refused' })].map((call) => toRecorded(call)))
    const { ledger } = await openMemoryHouse([{ on: 'team', per: 'day', cost: 1 }], {
      sums: (questions) => limitSums(read, { questions }),
    })
    // The first call waits for the rows: 0.2 are spent, and it may cost 0.2.
    const ask = anAsk()
    await ledger.reserve(ask)
    expect(await ledger.budgets()).toMatchObject([{ used: 0.2, reserved: 0.2 }])
    // From the journal's tail: stored now, started before. Told twice, it is counted once.
    const late = before({})
    await record(toRecorded(late))
    const charge = toCharge(late)
    ledger.settle([{ id: late.id, charge }])
    await expect.poll(async () => (await ledger.budgets())[0]!.used).toBeCloseTo(0.3)
    ledger.settle([
      { id: late.id, charge },
      { id: ask.callId, charge: toCharge(before({ startedAt: LEDGER_NOON })) },
    ])
    await expect.poll(async () => (await ledger.budgets())[0]!.used).toBeCloseTo(0.4)
    expect((await ledger.budgets())[0]).toMatchObject({ reserved: 0 })
  })
})
