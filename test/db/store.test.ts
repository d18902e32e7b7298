// The store's contract, on both databases: each call once whatever happens, journal positions in the same transaction, rows as given.
import { expect, test } from 'vitest'
import { callPayload } from '../../db/queries/call-payload.ts'
import { getCall } from '../../db/queries/get-call.ts'
import { listCalls } from '../../db/queries/list-calls.ts'
import { overview } from '../../db/queries/overview.ts'
import { NOON, toCall, toPayload, toRecorded } from './calls.ts'
import { describeDatabases } from './databases.ts'

describeDatabases((databases) => {
  test('a call comes back as it was stored', async () => {
    const { read, record } = await databases.open()
    const call = toCall({
      sessionId: 'conv-1',
      tags: { feature: 'search', größe: 'x"y' },
      toolCalls: ['lookup'],
      tools: ['lookup', 'refund'],
      changes: [{ what: 'stream_options added', why: 'usage.inject' }],
      usageRaw: { prompt_tokens: 3, nested: { odd: 'a\u0000b \ud800' } },
      firstTokenMs: 120.25,
      stream: true,
    })
    await record({ call, payloads: [], searchText: '' })
    expect(await getCall(read, { id: call.id })).toEqual({
      ...call,
      usageRaw: { prompt_tokens: 3, nested: { odd: 'a\u0000b \ud800' } },
    })
    expect(await getCall(read, { id: 'nobody' })).toBeNull()
  })

  test('a call that is stored again replaces the first and counts once', async () => {
    const { store, read, record } = await databases.open()
    const call = toCall({
      outcome: 'interrupted',
      usage: null,
      usageSource: 'none',
      costNano: null,
      listNano: null,
      durationMs: null,
      responseId: 'resp_1',
      tags: { feature: 'a' },
    })
    await record({ call, payloads: [toPayload('response', 'half')], searchText: 'halfway' })
    const ended = {
      ...call,
      outcome: 'ok' as const,
      usage: { input: 7, output: 5 },
      costNano: 900,
      listNano: 900,
      durationMs: 50,
      tags: { feature: 'b' },
    }
    await record({ call: ended, payloads: [toPayload('response', 'whole')], searchText: 'finished' })

    expect(await getCall(read, { id: call.id })).toEqual(ended)
    expect(await store.callsRecorded()).toBe(1)
    const { now } = await overview(read, { from: NOON - 3_600_000, to: NOON + 3_600_000 })
    expect(now).toMatchObject({ calls: 1, errors: 0, costNano: 900, unpricedCalls: 0, tokens: { input: 7, output: 5 } })
    expect(now.durationMs.p50).toBeCloseTo(50, 0)
    const ids = async (q: string) => (await listCalls(read, { q })).items.map(({ id }) => id)
    expect(await ids('halfway')).toEqual([])
    expect(await ids('finished')).toEqual([call.id])
    expect(await ids('tag.feature:a')).toEqual([])
    expect(await ids('tag.feature:b')).toEqual([call.id])
    expect(Buffer.from((await callPayload(read, { id: call.id, kind: 'response' }))!.bytes).toString()).toBe('whole')
  })

  test('the same call twice in one batch is one call', async () => {
    const { store, read, record } = await databases.open()
    const call = toCall()
    await record(
      { call, payloads: [], searchText: '' },
      { call: { ...call, model: 'later' }, payloads: [], searchText: '' },
    )
    expect(await store.callsRecorded()).toBe(1)
    expect((await listCalls(read, {})).items).toMatchObject([{ id: call.id, model: 'later' }])
  })

  test('rows, positions and open starts are committed together, or not at all', async () => {
    const { store, read } = await databases.open()
    const start = (callId: string) => ({ writer: 'w1', callId, segment: 1, offset: 10, startedAt: NOON })
    await store.record({
      calls: [toRecorded()],
      positions: [{ writer: 'w1', segment: 1, offset: 100 }],
      open: [start('a'), start('b')],
    })
    await store.record({ calls: [], positions: [{ writer: 'w2', segment: 3, offset: 7 }], open: [] })
    expect(await store.positions()).toEqual(
      expect.arrayContaining([
        { writer: 'w1', segment: 1, offset: 100 },
        { writer: 'w2', segment: 3, offset: 7 },
      ]),
    )
    expect((await store.openStarts('w1')).map(({ callId }) => callId).sort()).toEqual(['a', 'b'])

    // A number that no column takes: the whole batch must fail.
    const broken = toRecorded({
      requestBytes: Number.NaN,
      startedAt: NOON + 1,
      attempts: [{ ...toCall().attempts[0]!, n: null as never }],
    })
    await expect(
      Promise.resolve(
        store.record({
          calls: [toRecorded({ startedAt: NOON + 2 }), broken],
          positions: [{ writer: 'w1', segment: 9, offset: 9 }],
          open: [],
        }),
      ),
    ).rejects.toThrow()
    expect((await store.positions()).find(({ writer }) => writer === 'w1')).toEqual({
      writer: 'w1',
      segment: 1,
      offset: 100,
    })
    expect((await store.openStarts('w1')).length).toBe(2)
    expect((await listCalls(read, {})).items.length).toBe(1)

    await store.record({
      calls: [toRecorded({ startedAt: NOON + 3 })],
      positions: [{ writer: 'w1', segment: 2, offset: 5 }],
      open: [start('b'), start('c')],
    })
    expect((await store.openStarts('w1')).map(({ callId }) => callId).sort()).toEqual(['b', 'c'])
    expect((await listCalls(read, {})).items.length).toBe(2)
    expect(await store.callsRecorded()).toBe(2)
    expect((await overview(read, { from: 0, to: NOON + 3_600_000 })).now.calls).toBe(2)
  })

  test('what it knows survives closing and opening', async () => {
    const first = await databases.open()
    await first.record(toRecorded(), toRecorded())
    await first.store.record({
      calls: [],
      positions: [{ writer: 'w', segment: 4, offset: 2 }],
      open: [{ writer: 'w', callId: 'x', segment: 4, offset: 1, startedAt: 5 }],
    })
    await first.read.close()
    await first.store.close()
    const second = await databases.open({ dataDir: first.dataDir, database: first.database })
    await second.record(toRecorded())
    expect(await second.store.callsRecorded()).toBe(3)
    expect(await second.store.positions()).toEqual([{ writer: 'w', segment: 4, offset: 2 }])
    expect(await second.store.openStarts('w')).toEqual([
      { writer: 'w', callId: 'x', segment: 4, offset: 1, startedAt: 5 },
    ])
    expect((await overview(second.read, { from: 0, to: NOON + 3_600_000 })).now.calls).toBe(3)
    expect(await second.store.diskBytes()).toBeGreaterThan(10_000)
    expect(await second.store.checkpoint()).toBe(true)
  })

  test('bodies come back byte for byte, small and large, with their types', async () => {
    const { read, record } = await databases.open()
    const large = Buffer.alloc(300_000, 'river ')
    const random = Buffer.from(Array.from({ length: 70_000 }, (_, i) => ((i * 2654435761) >>> 11) & 255))
    const call = toCall()
    const payloads = [
      { kind: 'request' as const, bytes: large, contentType: 'application/json', contentEncoding: null },
      { kind: 'response' as const, bytes: random, contentType: 'text/event-stream', contentEncoding: 'gzip' },
      toPayload('requestHeaders', '[["a","b"]]'),
      { kind: 'timing' as const, bytes: new Uint8Array([0, 255, 1]), contentType: null, contentEncoding: null },
    ]
    await record({ call, payloads, searchText: 'words' })
    for (const { kind, bytes, contentType, contentEncoding } of payloads) {
      const got = (await callPayload(read, { id: call.id, kind }))!
      expect({ ...got, bytes: Buffer.from(got.bytes).equals(bytes) }).toEqual({
        bytes: true,
        contentType,
        contentEncoding,
        expired: false,
      })
    }
    expect(await callPayload(read, { id: call.id, kind: 'responseHeaders' })).toBeNull()
    const small = toCall()
    await record({ call: small, payloads: [toPayload('request', '{}'), toPayload('response', '')], searchText: '' })
    expect(Buffer.from((await callPayload(read, { id: small.id, kind: 'request' }))!.bytes).toString()).toBe('{}')
    expect((await callPayload(read, { id: small.id, kind: 'response' }))!.bytes.byteLength).toBe(0)
  })

  test('hostile values are stored, not refused', async () => {
    const { read, record } = await databases.open()
    const odd = 'nul \0 half \ud83d end'
    const call = toCall({
      model: odd,
      user: `'; drop table calls; --`,
      sessionId: 's'.repeat(20_000),
      errorMessage: odd.repeat(3000),
      preview: odd,
      tags: { [odd]: odd, ['n'.repeat(3000)]: 'v'.repeat(5000) },
      usage: { input: 1.6, output: Number.NaN, reasoning: 1e300 },
      durationMs: Number.POSITIVE_INFINITY,
      costNano: 12.5,
      finishReason: '\u0001folded',
      responseId: odd,
      app: '',
    })
    await record({ call, payloads: [toPayload('request', odd)], searchText: `${odd} findme` })
    const stored = (await getCall(read, { id: call.id }))!
    expect(stored.model).toBe('nul \ufffd half \ufffd end')
    expect(stored).toMatchObject({
      user: call.user,
      durationMs: null,
      costNano: 13,
      finishReason: '\ufffdfolded',
      app: null,
    })
    expect(stored.sessionId!.length).toBe(256)
    expect((await listCalls(read, { q: 'findme' })).items.length).toBe(1)
    expect((await listCalls(read, { q: `user:"'; drop table calls; --"` })).items.length).toBe(1)
  })
})
