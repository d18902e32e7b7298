// The table of findings, on both databases: a loop is one row however often it is stored, and what people said of it stays.
import { expect, test } from 'vitest'
import { getCall } from '../../db/queries/get-call.ts'
import { getFinding, listFindings, type FindingsArgs } from '../../db/queries/findings.ts'
import type { RecordBatch } from '../../db/store.ts'
import { markFinding } from '../../server/control/findings.ts'
import { openWriteDb } from '../../db/open.ts'
import { toFinding } from '../alerts/house.ts'
import { toCall, toRecorded } from '../db/calls.ts'
import { describeDatabases } from '../db/databases.ts'

const ALL: FindingsArgs = { states: null, verdicts: null, sessionId: null, limit: 50, cursor: null }
const batch = (given: Partial<RecordBatch>): RecordBatch => ({ calls: [], positions: [], open: [], ...given })

describeDatabases((databases) => {
  test('it is stored with its calls, grows, and keeps the state that a person gave it', async () => {
    const { store, read, dataDir, database } = await databases.open()
    const early = toRecorded(toCall({ sessionId: 's-1', findings: [] }))
    await store.record(batch({ calls: [early] }))
    const finding = toFinding({ callIds: [early.call.id], lane: null, lastAt: 10 })
    const evidence = [{ id: finding.id, callIds: [early.call.id, 'nobody'] }]
    await store.record(batch({ findings: [finding], evidence }))
    expect(await getFinding(read, { id: finding.id })).toEqual(finding)
    expect((await getCall(read, { id: early.call.id }))!.findings).toEqual([finding.id])
    expect(await store.findingOf('s-1', null)).toEqual(finding)
    expect(await store.findingOf('s-1', 'other')).toBeNull()

    const write = await openWriteDb({ dataDir, database })
    expect(await markFinding({ db: write }, { id: finding.id, state: 'muted' })).toEqual({ ...finding, state: 'muted' })
    const grown = {
      ...finding,
      verdict: 'runaway' as const,
      rules: ['repeat' as const, 'velocity' as const],
      lastAt: 20,
    }
    await store.record(batch({ findings: [grown], evidence }))
    expect(await getFinding(read, { id: finding.id })).toEqual({ ...grown, state: 'muted' })
    await markFinding({ db: write }, { id: finding.id, state: 'resolved' })
    expect(await store.findingOf('s-1', null)).toBeNull()
    await expect(markFinding({ db: write }, { id: 'f_none', state: 'muted' })).rejects.toThrow('no finding "f_none"')
    await write.close()
  })

  test('retention takes what a finding quotes with the content, and the finding with its calls', async () => {
    const { store, read } = await databases.open()
    const quotes = [{ rule: 'repeat' as const, text: 'three times', callIds: ['c'], repeated: 'the secret words' }]
    const finding = (id: string, lastAt: number) => toFinding({ id, lastAt, evidence: quotes })
    await store.record(batch({ findings: [finding('f_old', 100), finding('f_aged', 200), finding('f_new', 300)] }))
    const prune = { maxBytes: null, chunk: 10 }
    expect((await store.prune({ ...prune, callsBefore: 150, contentBefore: 250 })).more).toBe(false)
    const { items } = await listFindings(read, ALL)
    expect(items.map(({ id, evidence }) => [id, evidence[0]!.repeated, evidence[0]!.text])).toEqual([
      ['f_new', 'the secret words', 'three times'],
      ['f_aged', null, 'three times'],
    ])
  })

  test('the latest come first, in pages, and only those that are asked for', async () => {
    const { store, read } = await databases.open()
    const many = Array.from({ length: 7 }, (_, i) =>
      toFinding({
        id: `f_${i}`,
        lastAt: 100 + (i >> 1),
        sessionId: `s-${i % 2}`,
        verdict: i === 3 ? 'runaway' : 'watch',
      }),
    )
    await store.record(batch({ findings: many }))
    const ids: string[] = []
    for (let cursor: string | null = null; ;) {
      const page = await listFindings(read, { ...ALL, limit: 3, cursor })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.next
      if (cursor === null) break
    }
    expect(ids).toEqual(['f_6', 'f_5', 'f_4', 'f_3', 'f_2', 'f_1', 'f_0'])
    const idsOf = async (args: Partial<FindingsArgs>) =>
      (await listFindings(read, { ...ALL, ...args })).items.map(({ id }) => id)
    expect(await idsOf({ verdicts: ['looping', 'runaway'] })).toEqual(['f_3'])
    expect(await idsOf({ sessionId: 's-1' })).toEqual(['f_5', 'f_3', 'f_1'])
    expect(await idsOf({ states: ['muted'] })).toEqual([])
  })

  test('an id that a database would refuse does not hold up the recorder', async () => {
    const { store, read } = await databases.open()
    await store.record(batch({ findings: [toFinding({ sessionId: 'a\u0000b', lane: '\ud800\u0000' })] }))
    expect((await listFindings(read, ALL)).items).toMatchObject([{ id: 'f_1' }])
    expect(await store.findingOf('a\u0000b', '\ud800\u0000')).toMatchObject({ id: 'f_1' })
  })
})
