/** What belongs together, told by small conversations. */
import { expect, test } from 'vitest'
import { describeDatabases } from '../db/databases.ts'
import { FORMATS } from './formats.ts'
import { createTalk, model, system, user } from './conversation.ts'

const PROMPT = system('You are a clerk.')
const FIRST = { messages: [PROMPT, user('Hello')], answer: model('Good day.') }
const SECOND = { messages: [...FIRST.messages, FIRST.answer, user('A ticket, please')], answer: model('Where to?') }
const THIRD = { messages: [...SECOND.messages, SECOND.answer, user('Rome')], answer: model('Here it is.') }

describeDatabases((databases) => {
  test('a conversation is one session: turns, parents, and what is new', async () => {
    const { say } = createTalk(await databases.open())
    const [one, two, three] = [await say(FIRST), await say(SECOND), await say(THIRD)]
    expect([two.sessionId, three.sessionId]).toEqual([one.sessionId, one.sessionId])
    expect([one, two, three].map(({ turn, newFrom, parentId, mark }) => [turn, newFrom, parentId, mark])).toEqual([
      [1, 0, null, null],
      [2, 3, one.id, null],
      [3, 5, two.id, null],
    ])
    expect(new Set([one, two, three].map(({ lane }) => lane)).size).toBe(1)
  })

  test('the same first question is a new session, unless it failed; keys and credentials share none', async () => {
    const { say } = createTalk(await databases.open())
    const failed = await say({ ...FIRST, answer: null })
    const again = await say(FIRST)
    const other = await say(FIRST)
    expect(again).toMatchObject({ sessionId: failed.sessionId, turn: 1, mark: null })
    expect(other.sessionId).not.toBe(again.sessionId)
    const keyed = await say({ ...SECOND, start: { key: 'another' } })
    expect([again.sessionId, other.sessionId]).not.toContain(keyed.sessionId)
    // Two sessions with equal answers: each goes on once.
    const [a, b] = [await say(SECOND), await say(SECOND)]
    expect(new Set([a.sessionId, b.sessionId])).toEqual(new Set([again.sessionId, other.sessionId]))
  })

  test('asked again, gone on from twice, changed before: the session is the same, and marks say what happened', async () => {
    const { say } = createTalk(await databases.open())
    const one = await say(FIRST)
    const two = await say(SECOND)
    const regenerated = await say({ ...SECOND, answer: model('Whither?') })
    const branch = await say({ ...SECOND, messages: [...FIRST.messages, FIRST.answer, user('A map, please')] })
    await say(THIRD)
    const changed = [...FIRST.messages, FIRST.answer, user('Two tickets'), model('Where to?'), user('Oslo')]
    const edited = await say({ messages: changed, answer: model('Cold there.') })
    expect([two, regenerated, branch, edited].map(({ sessionId }) => sessionId)).toEqual(Array(4).fill(one.sessionId))
    expect([regenerated, branch, edited].map(({ mark, parentId }) => [mark, parentId])).toEqual([
      ['regenerated', one.id],
      ['branch', one.id],
      ['edited', one.id],
    ])
    expect(regenerated.turn).toBe(2)
  })

  test('turns that end out of order are linked when the first of them comes, in rows and sums', async () => {
    const opened = await databases.open()
    const { say } = createTalk(opened)
    const three = await say(THIRD)
    const one = await say(FIRST)
    await say(SECOND)
    const { calls, sessions, lanes } = opened.read.tables
    const rows = await opened.read.db.select().from(calls).orderBy(calls.turn)
    expect(rows.map(({ sessionId, turn }) => [sessionId, turn])).toEqual([1, 2, 3].map((n) => [one.sessionId, n]))
    expect(rows.map(({ id }) => id)).toEqual([one.id, rows[1]!.id, three.id])
    expect(rows[2]!.parentId).toBe(rows[1]!.id)
    const [session, ...rest] = await opened.read.db.select().from(sessions)
    expect(rest).toEqual([])
    expect(session).toMatchObject({ id: one.sessionId, calls: 3, turns: 3, lanes: 1, auxiliary: 0, inputTokens: 300 })
    expect(await opened.read.db.select().from(lanes)).toMatchObject([{ calls: 3, lastTurn: 3 }])
  })

  test('a named session wins; agents are lanes; a history that was cut down is marked', async () => {
    const { say } = createTalk(await databases.open())
    const start = { session: { id: 'run-7', source: 'header x-weir-session' } }
    const long = Array.from({ length: 5 }, (_, i) => [user(`Step ${i}`), model(`Done ${i}`)]).flat()
    const one = await say({ messages: [PROMPT, ...long, user('Go on')], answer: model('Well.'), start })
    const agent = await say({ messages: [system('You search.'), user('Find it')], answer: model('Found.'), start })
    const summary = user(
      `This session is continued from a previous conversation. ${'The user asked for steps. '.repeat(12)}`,
    )
    const cut = await say({ messages: [PROMPT, summary], answer: model('I go on.'), start })
    expect([one, agent, cut].map(({ sessionId }) => sessionId)).toEqual(['run-7', 'run-7', 'run-7'])
    expect(agent.lane).not.toBe(one.lane)
    expect(cut).toMatchObject({ lane: one.lane, turn: 2, mark: 'compacted', parentId: one.id })
  })

  test('a summary that was asked for takes the place of the history, without any name', async () => {
    const { say } = createTalk(await databases.open())
    const one = await say(FIRST)
    const words = `The customer greeted the clerk and wants a ticket to a place not told yet.\n${'x'.repeat(200)}`
    const asks = user('Please create a detailed summary of the conversation so far.')
    const summed = await say({ messages: [...FIRST.messages, FIRST.answer, asks], answer: model(words) })
    const next = await say({
      messages: [PROMPT, user(`Here is a summary of what was said:\n${words}`)],
      answer: model('Aha.'),
    })
    expect([summed.sessionId, next.sessionId]).toEqual([one.sessionId, one.sessionId])
    expect(summed.turn).toBeNull()
    expect(next).toMatchObject({ mark: 'compacted', parentId: summed.id })
  })

  test('calls beside the conversation start no session', async () => {
    const opened = await databases.open()
    const { say } = createTalk(opened)
    const title = await say({
      messages: [system('You are a title generator.'), user('Hello')],
      answer: model('Greeting'),
    })
    expect(title).toMatchObject({ sessionId: null, auxiliary: false })
    const probe = await say({ ...FIRST, body: { max_tokens: 1 }, start: { session: { id: 'r', source: 'base URL' } } })
    expect(probe).toMatchObject({ sessionId: 'r', turn: null })
    expect(await opened.read.db.select().from(opened.read.tables.sessions)).toMatchObject([
      { calls: 1, turns: 0, auxiliary: 1 },
    ])
  })

  test('stored state: an answer is gone on from by its id; one trace holds what has no history', async () => {
    const opened = await databases.open()
    const { say } = createTalk(opened, FORMATS.responses!)
    const body = { store: true }
    const one = await say({ messages: [user('Hello')], answer: model('Good day.'), body })
    const previous = { previous_response_id: one.responseId, store: true }
    const two = await say({ messages: [user('And?')], answer: model('And what?'), body: previous })
    expect(two).toMatchObject({ sessionId: one.sessionId, parentId: one.id, turn: 2 })
    const headers = ['Content-Type', 'application/json', 'traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]
    const a = await say({ messages: [user('First')], answer: model('1'), start: { headers } })
    const b = await say({ messages: [user('Second')], answer: model('2'), start: { headers } })
    expect(b.sessionId).toBe(a.sessionId)
    expect(b.sessionSource).toBe('traceparent')
  })

  test('a call that is stored again counts once; what is pruned is taken out of its session', async () => {
    const opened = await databases.open()
    const { say } = createTalk(opened)
    const { sessions } = opened.read.tables
    const cut = await say({ ...FIRST, answer: null, end: { outcome: 'upstream_abort' } })
    const whole = await say({ ...FIRST, id: cut.id })
    expect(whole.sessionId).toBe(cut.sessionId)
    await say(SECOND)
    expect(await opened.read.db.select().from(sessions)).toMatchObject([{ calls: 2, errors: 0, turns: 2 }])
    await opened.store.prune({ contentBefore: null, callsBefore: Date.now() * 2, maxBytes: null, chunk: 200 })
    expect(await opened.read.db.select().from(sessions)).toEqual([])
    expect(await opened.read.db.select().from(opened.read.tables.heads)).toEqual([])
  })

  test('a prompt cache that no longer serves: the first message that changed', async () => {
    const { say } = createTalk(await databases.open())
    await say({ ...FIRST, cached: 10_000 })
    const two = await say({ ...SECOND, cached: 12_000 })
    expect(two.cacheBreak).toBeNull()
    const dated = THIRD.messages.map((message) =>
      message === PROMPT ? system('You are a clerk. It is noon.') : message,
    )
    const three = await say({ ...THIRD, messages: dated, cached: 0 })
    expect(three.cacheBreak).toMatchObject({ message: 0, what: 'the system prompt changed' })
  })
})
