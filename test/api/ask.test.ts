// A question to the database must never hang the asker, and a thread that hangs or dies must not take the next question with it.
import { afterEach, expect, test } from 'vitest'
import { createAsk, type Ask, type AskSettings } from '../../server/reader/ask.ts'

let ask: Ask
afterEach(() => ask.close())

const open = (settings: Partial<AskSettings> = {}) => {
  ask = createAsk({
    workerUrl: new URL('./obstinate-worker.ts', import.meta.url),
    options: { dataDir: '/nowhere', database: 'sqlite' },
    ...settings,
  })
  return ask
}
type Played = { threadId: number }
const say = (what: string, options?: Parameters<Ask>[2]) =>
  ask('getCall', { id: 'x', what } as { id: string }, options) as unknown as Promise<Played>

test('no thread runs before the first question, and none after a minute of rest', async () => {
  open({ idleMs: 50 })
  expect(ask.threads()).toBe(0)
  const { threadId } = await say('answer')
  expect(threadId).toBeGreaterThan(0)
  expect(ask.threads()).toBe(1)
  await expect.poll(() => ask.threads(), { interval: 20 }).toBe(0)
  expect((await say('answer')).threadId).not.toBe(threadId)
})

test('a second thread answers while the first one works, a third is not started', async () => {
  open()
  await say('answer')
  const leaving = new AbortController()
  const stuck = say('silence', { signal: leaving.signal }).catch((error: Error) => error)
  const other = await say('answer')
  expect(ask.threads()).toBe(2)
  expect((await say('answer')).threadId).toBe(other.threadId)
  expect(ask.threads()).toBe(2)
  leaving.abort()
  expect(await stuck).toMatchObject({ code: 'client_closed' })
})

test('a question without an answer ends after its time, and says so', async () => {
  open()
  await say('answer')
  await expect(say('silence', { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'query_timeout',
    message: expect.stringContaining('0.3 s'),
  })
})

test('a thread that hangs in a loop is replaced', async () => {
  open({ threads: 1, timeoutMs: 10_000 })
  await say('answer')
  await expect(say('hang', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'query_timeout' })
  expect((await say('answer')).threadId).toBeGreaterThan(0)
  expect(ask.threads()).toBe(1)
})

test('a thread that dies is an error for who asked, and a new one for who asks next', async () => {
  open()
  await expect(say('die')).rejects.toMatchObject({
    code: 'reader_failed',
    message: expect.stringContaining('out of luck'),
  })
  expect((await say('answer')).threadId).toBeGreaterThan(0)
})

test('an asker who leaves takes a waiting question back', async () => {
  open({ threads: 1 })
  await say('answer')
  const first = say('silence', { timeoutMs: 1_000 }).catch((error: Error) => error)
  const leaving = new AbortController()
  const second = say('answer', { signal: leaving.signal })
  leaving.abort()
  await expect(second).rejects.toMatchObject({ code: 'client_closed' })
  await expect(say('answer', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'client_closed' })
  expect(await first).toMatchObject({ code: 'query_timeout' })
})

test('more waiting questions than can be answered soon are refused at once', async () => {
  open({ threads: 1 })
  await say('answer')
  const askers = Array.from({ length: 250 }, () => say('silence').catch((error: { code: string }) => error.code))
  const refused = askers.slice(201)
  expect(new Set(await Promise.all(refused))).toEqual(new Set(['readers_busy']))
  await ask.close()
  expect(new Set(await Promise.all(askers.slice(0, 201)))).toEqual(new Set(['readers_busy', 'reader_failed']))
})

test('a worker that cannot start is an error, not a wait', async () => {
  open({ workerUrl: new URL('./no-such-worker.ts', import.meta.url) })
  await expect(say('answer')).rejects.toMatchObject({ code: 'reader_failed' })
  expect(ask.threads()).toBe(0)
})

test('after the end nothing is answered', async () => {
  open()
  await say('answer')
  await ask.close()
  await expect(say('answer')).rejects.toMatchObject({ code: 'readers_busy' })
})
