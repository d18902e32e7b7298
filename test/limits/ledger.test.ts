// The ledger by itself, in memory and in Redis: who gets through, what is given back, when a window begins anew, and what a refusal says.
import { expect, test } from 'vitest'
import { aCharge, anAsk, describeLedgers, NOON, refusalOf } from './support.ts'

describeLedgers((open) => {
  test('of a thousand calls at once exactly as many pass as there is room for, of all limits or of none', async () => {
    const { ledger } = await open([
      { on: 'global', per: 'minute', requests: 100 },
      { on: 'team', per: 'hour', requests: 60 },
      { on: 'user', concurrency: 7 },
    ])
    const teams = ['search', 'docs']
    const asks = Array.from({ length: 1000 }, (_, i) => anAsk({ team: teams[i % 2]!, user: `user-${i % 10}` }))
    const results = await Promise.all(asks.map((ask) => refusalOf(() => ledger.reserve(ask))))
    // Ten users with seven calls each.
    expect(results.filter((error) => error === null).length).toBe(70)
    // What was refused took nothing of the limits that had room.
    const items = await ledger.budgets()
    expect(items.find(({ limit }) => limit.on === 'global')).toMatchObject({ used: 0, reserved: 70, left: 30 })
    expect(items.filter(({ limit }) => limit.on === 'team').map(({ reserved }) => reserved)).toEqual([35, 35])
  })

  test('a slot of calls at once is free again when the call ends, once', async () => {
    const { ledger, settle } = await open([{ on: 'global', concurrency: 2 }])
    const first = await ledger.reserve(anAsk())
    await ledger.reserve(anAsk())
    expect((await refusalOf(() => ledger.reserve(anAsk())))?.headers).toMatchObject({
      'retry-after': '1',
      'x-should-retry': 'true',
    })
    ledger.finish(first, true)
    ledger.finish(first, true)
    await settle([{ id: first.callId, charge: null }])
    expect(await refusalOf(() => ledger.reserve(anAsk()))).toBeNull()
    expect(await refusalOf(() => ledger.reserve(anAsk()))).toMatchObject({ code: 'rate_limited' })
  })

  test('the true cost takes the place of the estimate; what Weir refused later costs nothing', async () => {
    const { ledger, settle } = await open([{ on: 'team', per: 'month', cost: 1 }])
    // 200 tokens at a dollar a thousand.
    const asks = Array.from({ length: 5 }, () => anAsk())
    for (const ask of asks) await ledger.reserve(ask)
    expect(await refusalOf(() => ledger.reserve(anAsk()))).toMatchObject({ code: 'budget_spent' })
    await settle([
      { id: asks[0]!.callId, charge: aCharge(asks[0]!) },
      { id: asks[1]!.callId, charge: null },
    ])
    const [item] = await ledger.budgets()
    expect(item).toMatchObject({
      scope: 'search',
      used: 0.05,
      state: 'ok',
      resetAt: Date.parse('2026-12-01T00:00:00Z'),
    })
    expect(item!.reserved).toBeCloseTo(0.6)
    expect(await refusalOf(() => ledger.reserve(anAsk()))).toBeNull()
  })

  test('a call whose row will never come keeps its estimate', async () => {
    const { ledger, settle } = await open([{ on: 'global', per: 'day', tokens: 1000 }])
    const reservation = await ledger.reserve(anAsk())
    ledger.finish(reservation, false)
    const other = anAsk()
    await settle([{ id: other.callId, charge: aCharge(other) }])
    expect((await ledger.budgets())[0]).toMatchObject({ used: 250, reserved: 0 })
  })

  test('a calendar window begins anew, and what was taken before it ended counts no more', async () => {
    const { ledger, clock, settle } = await open([{ on: 'global', per: 'day', zone: 'Asia/Kathmandu', requests: 1 }])
    const ask = anAsk()
    await ledger.reserve(ask)
    clock.now = Date.parse('2026-11-23T18:14:59.500Z')
    expect((await refusalOf(() => ledger.reserve(anAsk())))?.headers).toEqual({
      'retry-after': '1',
      'x-should-retry': 'true',
      'x-ratelimit-limit-requests': '1',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '500ms',
    })
    clock.now = Date.parse('2026-11-23T18:15:00.000Z')
    expect(await refusalOf(() => ledger.reserve(anAsk()))).toBeNull()
    await settle([{ id: ask.callId, charge: aCharge(ask) }])
    expect((await ledger.budgets())[0]).toMatchObject({ used: 0, reserved: 1 })
  })

  test('a rolling window never lets more through than its limit in any stretch of its length', async () => {
    const { ledger, clock } = await open([{ on: 'global', per: { rolling: '1h' }, requests: 10 }])
    const passed: number[] = []
    for (; clock.now < NOON + 3 * 3_600_000; clock.now += 90_000) {
      for (let i = 0; i < 3; i++) {
        const error = await refusalOf(() => ledger.reserve(anAsk()))
        if (error === null) passed.push(clock.now)
        else {
          // True to the second: it is full until then, and has room from then on.
          const at = clock.now + Number(error.headers['retry-after']) * 1000
          expect(at - passed.at(-10)!).toBeGreaterThanOrEqual(3_600_000)
          expect(at - passed.at(-10)!).toBeLessThanOrEqual(3_600_000 + 61_000)
        }
      }
    }
    expect(passed.length).toBeGreaterThanOrEqual(25)
    for (let i = 10; i < passed.length; i++) expect(passed[i]! - passed[i - 10]!).toBeGreaterThanOrEqual(3_600_000)
  })

  test('the refusal that lasts longest is told, in the names of the dialect', async () => {
    const { ledger } = await open([
      { on: 'global', per: 'minute', tokens: 100 },
      { on: 'key', per: 'day', tokens: 150 },
    ])
    const error = await refusalOf(() => ledger.reserve(anAsk({ key: 'ci', headers: 'anthropic' })))
    expect(error?.headers).toEqual({
      'retry-after': '43200',
      'x-should-retry': 'false',
      'anthropic-ratelimit-tokens-limit': '150',
      'anthropic-ratelimit-tokens-remaining': '150',
      'anthropic-ratelimit-tokens-reset': '2026-11-24T00:00:00Z',
    })
    expect(error?.message).toContain('150 tokens per day for key "ci"')
    expect(error?.message).toContain('too small for this call')
  })

  test('a soft limit lets pass, and says so', async () => {
    const { ledger } = await open([{ on: 'team', per: 'month', cost: 0.3, action: 'alert' }])
    expect((await ledger.reserve(anAsk())).near).toBeNull()
    expect((await ledger.reserve(anAsk({ team: 'search' }))).near).toBe('near team "search": $0.40 of $0.30 per month')
  })

  test('an unpriced call is refused, counted or let through, as the limit says', async () => {
    const unpriced = { priceOf: async () => null }
    const refusing = await open([{ on: 'global', per: 'month', cost: 100 }], unpriced)
    const error = await refusalOf(() => refusing.ledger.reserve(anAsk()))
    expect(error).toMatchObject({ code: 'unpriced', status: 402 })
    expect(error?.message).toContain('prices: [{ provider: p, model: "m", inputPerMillion')

    const counting = await open([{ on: 'global', per: 'month', cost: 100, unpriced: 'count_as', countAs: 2 }], unpriced)
    const ask = anAsk()
    await counting.ledger.reserve(ask)
    expect((await counting.ledger.budgets())[0]).toMatchObject({ reserved: 2 })
    await counting.settle([{ id: ask.callId, charge: aCharge(ask, { costNano: null, unpriced: true }) }])
    expect((await counting.ledger.budgets())[0]).toMatchObject({ reserved: 0, used: 2 })

    const letting = await open([{ on: 'global', per: 'month', cost: 100, unpriced: 'allow' }], unpriced)
    expect(await refusalOf(() => letting.ledger.reserve(anAsk()))).toBeNull()
    const free = anAsk({ models: [{ provider: 'ollama', priceId: null, model: 'q', free: true }] })
    expect(await refusalOf(() => refusing.ledger.reserve(free))).toBeNull()
  })

  test('a reload keeps the counts of a limit that is the same but for its amount', async () => {
    const { ledger, configure } = await open([{ on: 'team', per: 'hour', requests: 2 }])
    await ledger.reserve(anAsk())
    await ledger.reserve(anAsk())
    configure([
      { on: 'global', per: 'day', requests: 10 },
      { on: 'team', per: 'hour', requests: 3, action: 'alert' },
    ])
    expect((await ledger.reserve(anAsk())).near).toBeNull()
    expect((await ledger.reserve(anAsk())).near).toContain('4 requests of 3 requests')
    configure([])
    expect(ledger.active).toBe(false)
  })

  test('a key that carries limits is held to them, and others are not', async () => {
    const limits = [
      { per: 'minute', zone: 'UTC', requests: 1, action: 'block', unpriced: 'refuse', reserveOutput: 0 },
    ] as const
    const { ledger } = await open([], { keys: [{ name: 'ci', team: null, tags: {}, limits }] })
    const ask = () => anAsk({ key: 'ci', keyLimits: limits })
    await ledger.reserve(ask())
    expect(await refusalOf(() => ledger.reserve(ask()))).toMatchObject({ code: 'rate_limited' })
    expect(await refusalOf(() => ledger.reserve(anAsk({ key: 'other', keyLimits: [] })))).toBeNull()
    expect(await ledger.budgets('ci')).toMatchObject([
      { scope: 'ci', reserved: 1, limit: { source: 'key', on: 'key' } },
    ])
    expect(await ledger.budgets('other')).toEqual([])
  })

  test('a call that may go to several models takes the price of the dearest; models of one’s own are free', async () => {
    const prices: Record<string, number> = { cheap: 1_000, dear: 2_000_000 }
    const { ledger } = await open([{ on: 'global', per: 'month', cost: 1 }], {
      priceOf: async ({ model }) => ({ input: prices[model]!, output: prices[model]! }),
    })
    const model = (name: string, free = false) => ({ provider: 'p', priceId: 'p', model: name, free })
    await ledger.reserve(anAsk({ models: [model('own', true), model('cheap'), model('dear')] }))
    expect((await ledger.budgets())[0]).toMatchObject({ reserved: 0.4 })
  })
})
