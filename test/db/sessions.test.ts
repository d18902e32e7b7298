// The questions of the pages Sessions and Session, on both databases: the filter, sums, lanes, steps in pages, a step's place.
import { expect, test } from 'vitest'
import { getSession } from '../../db/queries/get-session.ts'
import { listSessions } from '../../db/queries/list-sessions.ts'
import { stepPlace } from '../../db/queries/step-place.ts'
import { toFinding } from '../alerts/house.ts'
import { NOON, toCall, toRecorded } from './calls.ts'
import { describeDatabases } from './databases.ts'

const turn = (n: number, part: object = {}) =>
  toCall({
    id: `0195fd40-0000-7000-8000-00000000000${n}`,
    startedAt: NOON + n * 1000,
    durationMs: 400,
    sessionSource: 'header x-weir-session',
    lane: 'main',
    turn: n + 1,
    newFrom: n,
    provider: 'openai',
    model: 'gpt-5.1',
    responseModel: null,
    user: 'ann',
    key: null,
    usage: { input: 100 * (n + 1), output: 10 },
    costNano: 1_000_000,
    ...part,
  })

describeDatabases((databases) => {
  test('the filter asks the calls of a session, and sums of the whole', async () => {
    const { store, read, record } = await databases.open()
    const ids = async (q: string) => (await listSessions(read, { q })).items.map(({ id }) => id).sort()
    await record(
      toRecorded(turn(0, { sessionId: 'a', key: 'web', tags: { env: 'prod' }, findings: ['f_1'] })),
      toRecorded(turn(9, { sessionId: 'a', model: 'small' }), 'the refund policy of airlines'),
      toRecorded(turn(1, { sessionId: 'b', model: 'claude', outcome: 'error', status: 529, user: null })),
      toRecorded(turn(2, { sessionId: 'b', provider: 'azure', costNano: 3_000_000_000, user: null })),
      toRecorded(turn(3, { sessionId: 'c*', model: 'llama', app: 'curl', toolCalls: ['f'], costNano: null })),
    )
    const finding = toFinding({ id: 'f_1', sessionId: 'a', lane: 'main', verdict: 'looping', rules: ['repeat'] })
    await store.record({ calls: [], positions: [], open: [], findings: [finding] })
    const asked: [string, string[]][] = [
      ['', ['a', 'b', 'c*']],
      ['model:gpt-5.1', ['a', 'b']],
      ['model:gpt-5.1 provider:openai', ['a']],
      ['model:small provider:azure', []],
      ['-model:gpt*', ['c*']],
      ['model:!=claude', ['a', 'c*']],
      ['user:""', ['b']],
      ['-user:""', ['a', 'c*']],
      ['key:web tag.env:prod', ['a']],
      ['has:error', ['b']],
      ['has:toolcalls app:curl', ['c*']],
      ['cost:>1', ['b']],
      ['duration:>5s', ['a']],
      ['unpriced:yes', ['c*']],
      ['session:b', ['b']],
      ['refund airlines', ['a']],
      ['refund model:gpt-5.1', []],
      ['finding:""', ['b', 'c*']],
      ['finding:repeat', ['a']],
      ['finding:looping', ['a']],
      ['-finding:looping', ['b', 'c*']],
    ]
    for (const [q, found] of asked) expect([q, await ids(q)]).toEqual([q, found])
  })

  test('a session: sums, lanes with the lane that began them, steps in pages, and where a step stands', async () => {
    const { read, record } = await databases.open()
    const first = turn(0, { sessionId: 's' })
    const begun = turn(1, { sessionId: 's', lane: 'agent', turn: 1, parentId: first.id, costNano: null })
    const last = turn(2, { sessionId: 's', outcome: 'error', status: 500, usage: null })
    await record(...[first, begun, last].map((call) => toRecorded(call)))
    const page = (await getSession(read, { id: 's', limit: 2 }))!
    expect(page.session).toMatchObject({ calls: 3, lanes: 2, errors: 1, costNano: 2_000_000, inputTokens: 300 })
    expect(page.lanes.map(({ lane, parentLane, calls }) => [lane, parentLane, calls])).toEqual([
      ['main', null, 2],
      ['agent', 'main', 1],
    ])
    expect(page.steps.map(({ callId }) => callId)).toEqual([first.id, begun.id])
    const rest = (await getSession(read, { id: 's', limit: 2, cursor: page.next }))!
    expect([rest.steps.map(({ callId }) => callId), rest.next]).toEqual([[last.id], null])
    expect(await stepPlace(read, { id: 's', callId: begun.id })).toEqual({
      step: 2,
      steps: 3,
      previous: first.id,
      next: last.id,
    })
    expect(await getSession(read, { id: 'nobody' })).toBeNull()
  })
})
