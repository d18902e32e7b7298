// Figures from rollups are the figures that the rows give: compared with sums over the calls themselves, for many filters and splits.
import { beforeAll, expect, test } from 'vitest'
import { overview } from '../../db/queries/overview.ts'
import { series } from '../../db/queries/series.ts'
import { top } from '../../db/queries/top.ts'
import type { Call } from '../../server/call.ts'
import { createRandom, randomCall, toRecorded } from './calls.ts'
import { describeDatabases } from './databases.ts'
import type { Opened } from './databases.ts'

const DAY = 86_400_000
/** 07:41:13.217: no edge falls on a bucket. */
const FROM = Date.UTC(2026, 2, 26, 7, 41, 13, 217)
const TO = FROM + 4 * DAY + 1_234_567
/** Long after: the last bucket is closed, minutes are gone. */
const NOW = TO + 40 * DAY

const random = createRandom(20260310)
const calls = Array.from({ length: 3000 }, () => randomCall(random, FROM - 2 * DAY, TO + DAY))
const served = (call: Call) => call.responseModel ?? call.model
const isError = ({ outcome }: Call) => ['error', 'upstream_abort', 'timeout', 'interrupted'].includes(outcome)
const sum = (list: Call[], value: (call: Call) => number | null) =>
  list.reduce((total, call) => total + (value(call) ?? 0), 0)
const unpriced = (call: Call) =>
  call.costNano === null && call.outcome !== 'refused' && !(call.outcome === 'error' && call.usage === null)

/** A filter, and the same said in JavaScript. The last ones are not known to rollups. */
const FILTERS: [string, (call: Call) => boolean][] = [
  ['', () => true],
  ['provider:openai', (call) => call.provider === 'openai'],
  ['-provider:openai', (call) => call.provider !== 'openai'],
  ['model:gpt-5.1', (call) => call.model === 'gpt-5.1'],
  ['model:""', (call) => served(call) === null],
  [
    'model:gpt-*,claude-sonnet-4-5 team:red',
    (call) => call.team === 'red' && /^gpt-|^claude-sonnet-4-5$/.test(call.model ?? ''),
  ],
  ['key:web -team:red', (call) => call.key === 'web' && call.team !== 'red'],
  ['user:ann', (call) => call.user === 'ann'],
  ['user:日本 outcome:ok', (call) => call.user === '日本' && call.outcome === 'ok'],
  ['tag.feature:größe', (call) => call.tags['feature'] === 'größe'],
  ['outcome:error,timeout', (call) => call.outcome === 'error' || call.outcome === 'timeout'],
  ['-tag.feature:search', (call) => call.tags['feature'] !== 'search'],
  ['user:ann key:web', (call) => call.user === 'ann' && call.key === 'web'],
  ['status:>=500', (call) => (call.status ?? 0) >= 500],
]

const near = (value: number | null, values: (number | null)[], q: number) => {
  const sorted = values.filter((one) => one !== null).sort((a, b) => a - b)
  const truth = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]
  if (truth === undefined) return expect(value).toBeNull()
  expect(Math.abs(value! - truth) / truth).toBeLessThan(0.0101)
}

describeDatabases((databases) => {
  let db: Opened
  beforeAll(async () => {
    db = await databases.open({ now: () => NOW })
    for (let at = 0; at < calls.length; at += 250)
      await db.record(...calls.slice(at, at + 250).map((call) => ({ call, payloads: [], searchText: '' })))
  }, 60_000)

  test.each(FILTERS)('overview of “%s”', async (q, matches) => {
    const found = calls.filter(
      (call) => call.startedAt >= FROM && call.startedAt < TO && !call.auxiliary && matches(call),
    )
    const { now, exact } = await overview(db.read, { q, from: FROM, to: TO, now: NOW })
    expect(exact).toBe(true)
    expect(now).toMatchObject({
      calls: found.length,
      errors: found.filter(isError).length,
      refused: found.filter((call) => call.outcome === 'refused').length,
      aborted: found.filter((call) => call.outcome === 'client_abort').length,
      costNano: sum(found, (call) => call.costNano),
      listNano: sum(found, (call) => call.listNano),
      unpricedCalls: found.filter(unpriced).length,
      estimatedCalls: found.filter((call) => call.usageSource === 'estimated').length,
      estimatedNano: sum(
        found.filter((call) => call.usageSource === 'estimated'),
        (call) => call.costNano,
      ),
      tokens: {
        input: sum(found, (call) => call.usage?.input ?? 0),
        cacheRead: sum(found, (call) => call.usage?.cacheRead ?? 0),
        cacheWrite: 0,
        output: sum(found, (call) => call.usage?.output ?? 0),
        reasoning: sum(found, (call) => call.usage?.reasoning ?? 0),
      },
      cacheHits: found.filter((call) => call.outcome === 'cache_hit').length,
      savedNano: sum(
        found.filter((call) => call.outcome === 'cache_hit'),
        (call) => call.savedNano,
      ),
    })
    const timed = found
      .filter(({ outcome }) => ['ok', 'error', 'upstream_abort', 'timeout'].includes(outcome))
      .map(({ durationMs }) => durationMs)
    near(now.durationMs.p50, timed, 0.5)
    near(now.durationMs.p99, timed, 0.99)
    near(
      now.firstTokenMs.p95,
      found.map(({ firstTokenMs }) => firstTokenMs),
      0.95,
    )
  })

  const SPLITS = [
    ['model', served],
    ['provider', (call: Call) => call.provider],
    ['user', (call: Call) => call.user],
    ['tag.feature', (call: Call) => call.tags['feature'] ?? null],
    ['team', (call: Call) => call.team],
  ] as const

  test.each(SPLITS)('cost and calls by %s, per day in Kathmandu, also across filters', async (by, valueOf) => {
    for (const [q, matches] of [FILTERS[0]!, FILTERS[1]!, FILTERS[13]!]) {
      const found = calls.filter(
        (call) => call.startedAt >= FROM && call.startedAt < TO && !call.auxiliary && matches(call),
      )
      const got = await series(db.read, {
        metric: 'calls',
        by,
        q,
        from: FROM,
        to: TO,
        step: DAY,
        zone: 'Asia/Kathmandu',
        top: 50,
        now: NOW,
      })
      expect(got.exact).toBe(true)
      const expected = new Map<string | null, number[]>()
      for (const call of found) {
        const values =
          expected.get(valueOf(call)) ??
          expected
            .set(
              valueOf(call),
              got.at.map(() => 0),
            )
            .get(valueOf(call))!
        values[got.at.findLastIndex((at) => at <= call.startedAt)]! += 1
      }
      expect(new Map(got.groups.map(({ name, values }) => [name, values]))).toEqual(expected)

      const ranked = await top(db.read, { by, metric: 'cost', q, from: FROM, to: TO, limit: 2, now: NOW })
      const costs = [...Map.groupBy(found, valueOf)].map(([name, own]) => ({
        name,
        costNano: sum(own, (call) => call.costNano),
      }))
      costs.sort((a, b) => b.costNano - a.costNano)
      expect(ranked.items.map(({ name, costNano }) => ({ name, costNano }))).toEqual(costs.slice(0, 2))
      expect(ranked.others?.costNano ?? 0).toBe(costs.slice(2).reduce((total, { costNano }) => total + costNano, 0))
    }
  })

  test('latency over time is the percentile of each step, and nothing where nothing was measured', async () => {
    const got = await series(db.read, { metric: 'latency', from: FROM, to: TO, step: 3_600_000, now: NOW })
    const timed = calls.filter(
      (call) =>
        !call.auxiliary &&
        call.startedAt >= FROM &&
        call.startedAt < TO &&
        ['ok', 'error', 'upstream_abort', 'timeout'].includes(call.outcome),
    )
    got.at.forEach((at, i) =>
      near(
        got.groups[0]!.values[i]!,
        timed
          .filter((call) => call.startedAt >= at && call.startedAt < at + 3_600_000)
          .map(({ durationMs }) => durationMs),
        0.95,
      ),
    )
  })
})

describeDatabases((databases) => {
  test('unknown is null, nothing is 0, and the last minutes are there by the minute', async () => {
    const now = Date.UTC(2026, 2, 10, 12, 0, 30)
    const { read, record } = await databases.open({ now: () => now })
    const range = { from: now - 3_600_000, to: now, now }
    expect((await overview(read, range)).now).toMatchObject({
      calls: 0,
      costNano: 0,
      tokens: { input: 0 },
      durationMs: { p50: null },
      tokensPerSecond: null,
    })
    await record(
      toRecorded({
        startedAt: now - 20_000,
        costNano: null,
        listNano: null,
        usage: null,
        usageSource: 'none',
        user: 'x',
      }),
      toRecorded({ startedAt: now - 20_000, auxiliary: true, costNano: null, usage: null }),
    )
    expect((await overview(read, range)).now).toMatchObject({
      calls: 1,
      costNano: null,
      listNano: null,
      unpricedCalls: 1,
      tokens: { input: null, output: null },
    })
    await record(
      toRecorded({
        startedAt: now - 80_000,
        costNano: 5,
        stream: true,
        durationMs: 2500,
        firstTokenMs: 500,
        usage: { input: 1, output: 100 },
        usageSource: 'estimated',
      }),
    )
    const { now: totals, before } = await overview(read, range)
    expect(totals).toMatchObject({
      calls: 2,
      costNano: 5,
      unpricedCalls: 1,
      estimatedCalls: 1,
      estimatedNano: 5,
      tokens: { input: 1, output: 100 },
      tokensPerSecond: 50,
    })
    expect(before.calls).toBe(0)
    for (const by of [null, 'user'] as const) {
      const { groups, at, unpricedCalls } = await series(read, { metric: 'calls', by, ...range, step: 60_000 })
      expect(at.length).toBe(61)
      expect(groups.reduce((total, group) => total + group.values.reduce<number>((a, b) => a + (b ?? 0), 0), 0)).toBe(2)
      expect(unpricedCalls.reduce((a, b) => a + b, 0)).toBe(1)
    }
    expect((await overview(read, { ...range, q: 'auxiliary:yes' })).now.calls).toBe(1)
  })

  test('too many values fold into others: sums stay right, what is cut is said', async () => {
    const at = Date.UTC(2026, 2, 10, 12)
    const { read, record } = await databases.open({ now: () => at + 90 * DAY })
    const many = Array.from({ length: 900 }, (_, n) =>
      toRecorded({
        startedAt: at + n,
        user: `u${n}`,
        app: `app${n}`,
        model: `m${n}`,
        responseModel: null,
        costNano: 1,
        tags: { [`t${n % 40}`]: 'x' },
      }),
    )
    await record(...many.slice(0, 500))
    await record(...many.slice(500))
    const range = { from: at, to: at + 900_000, now: at + 90 * DAY }
    expect((await overview(read, range)).now).toMatchObject({ calls: 900, costNano: 900 })
    // Few enough rows to read: exact although folded.
    const users = await top(read, { by: 'user', ...range, limit: 5 })
    expect(users).toMatchObject({ exact: true, others: { calls: 895 } })
    const rows = await read.db.$count(read.tables.rollups)
    expect(rows).toBeLessThan(2100)
  })
})
