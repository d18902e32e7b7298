// A writer that dies leaves calls without an end. What the client may have seen whole must count as complete, everything else
// as interrupted; and a 200 whose stream carries an error is no success.
import { expect, test } from 'vitest'
import type { Answer } from '../../server/dialects/dialect.ts'
import type { AttemptMeta, EndMeta, JournaledCall, StartMeta } from '../../server/journal/entry.ts'
import { judge } from '../../server/recorder/judge.ts'

interface Told {
  method?: string
  status?: number | null
  headers?: string[]
  received?: number
  end?: Partial<EndMeta> | null
}

const told = ({ method = 'POST', status = 200, headers = [], received = 0, end = null }: Told): JournaledCall => ({
  callId: 'c',
  start: { method, dialect: 'openai-chat' } as StartMeta,
  attempts: status === null ? [] : [{ status, statusMessage: 'Bad', headers, atMs: 5 } as AttemptMeta],
  request: [],
  response: received ? [{ direction: 'response', atMs: 40, length: received, bytes: null }] : [],
  end: end && ({ outcome: 'ok', status, errorCode: null, errorMessage: null, durationMs: 50, ...end } as EndMeta),
})
const answer = (facts: Partial<Answer>) => ({ complete: false, error: null, events: 3, ...facts }) as Answer

test.each<[string, Told, Answer | null, string]>([
  ['content-length reached', { headers: ['Content-Length', '9'], received: 9 }, null, 'ok'],
  [
    'content-length not reached',
    { headers: ['content-length', '9'], received: 8 },
    answer({ complete: true }),
    'interrupted',
  ],
  ['an empty body', { headers: ['content-length', '0'] }, null, 'ok'],
  ['the terminal event was seen', { received: 9 }, answer({ complete: true }), 'ok'],
  ['a stream without its terminal event', { received: 9 }, answer({}), 'interrupted'],
  ['no answer yet', { status: null }, null, 'interrupted'],
  ['headers only', {}, null, 'interrupted'],
  ['HEAD has no body', { method: 'HEAD', headers: ['content-length', '900'] }, null, 'ok'],
  ['204 has no body', { status: 204 }, null, 'ok'],
  ['a whole error answer', { status: 429, headers: ['content-length', '9'], received: 9 }, null, 'error'],
])('without end: %s', (_, call, read, outcome) => {
  expect(judge(told(call), read).outcome).toBe(outcome)
})

test('where nobody knows the end, a beginning is not taken for the whole', () => {
  const whole = answer({ complete: true })
  const generic = told({ received: 9 })
  generic.start.dialect = 'generic'
  expect(judge(generic, whole).outcome).toBe('interrupted')
  expect(judge(told({ received: 9 }), answer({ complete: true, events: null })).outcome).toBe('interrupted')
  const json = told({ received: 9, headers: ['content-type', 'application/json'] })
  expect(judge(json, answer({ complete: true, events: null })).outcome).toBe('ok')
})

test('a call judged from its parts lasts until its last part', () => {
  expect(judge(told({ received: 9 }), answer({ complete: true }))).toMatchObject({ durationMs: 40, status: 200 })
  expect(judge(told({ status: null }), null)).toMatchObject({
    durationMs: null,
    status: null,
    errorCode: 'interrupted',
  })
})

test('a 200 stream that carries an error is an error, in the words of the provider', () => {
  const error = { code: 'overloaded_error', message: 'Overloaded' }
  expect(judge(told({ end: {} }), answer({ error }))).toMatchObject({
    outcome: 'error',
    status: 200,
    errorCode: 'overloaded_error',
    errorMessage: 'Overloaded',
  })
})

test('what the journal says of a failure stands; the provider only fills what is missing', () => {
  const error = { code: null, message: 'slow down' }
  const weirs = { outcome: 'timeout', errorCode: 'timeout_idle', errorMessage: 'nothing for 10 min' } as const
  expect(judge(told({ end: weirs }), answer({ error }))).toMatchObject(weirs)
  expect(judge(told({ status: 429, end: { outcome: 'error' } }), answer({ error }))).toMatchObject({
    errorCode: 'http_429',
    errorMessage: 'slow down',
  })
  expect(judge(told({ status: 502, end: { outcome: 'error' } }), null)).toMatchObject({ errorMessage: 'Bad' })
  expect(judge(told({ end: { outcome: 'client_abort' } }), answer({ error })).outcome).toBe('client_abort')
})
