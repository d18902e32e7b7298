// What Weir itself refuses must look to the official `openai` package like a refusal of OpenAI's: the class that people catch, the
// reason in the message, and no second try where a second try cannot help.
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse, thrownBy } from '../support/client-house.ts'

let house: ClientHouse

beforeAll(async () => {
  // Port 9 of this machine: nobody listens there.
  house = await openClientHouse(['openai', 'groq'], {
    providers: {
      gone: { baseUrl: 'http://127.0.0.1:9' },
      kept: { baseUrl: 'http://127.0.0.1:9', apiKey: 'sk-weirs-own-0123456789' },
    },
  })
})
beforeEach(() => house.reset())
afterAll(() => house?.close())

const client = (path: string, options: Record<string, unknown> = {}) =>
  new OpenAI({ apiKey: 'sk-test-0123456789abcdef', baseURL: house.at(path), maxRetries: 2, ...options })
const question = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Good day?' }] }
const ask = (openai: OpenAI) => thrownBy(() => openai.chat.completions.create(question))

test('an unknown provider is a NotFoundError that names the nearest one', async () => {
  const error = await ask(client('/opnai/v1'))
  expect(error).toBeInstanceOf(OpenAI.NotFoundError)
  expect(error).toMatchObject({ status: 404, code: 'unknown_provider' })
  expect(error.message).toContain('/openai')
  expect(await house.row()).toMatchObject({
    outcome: 'refused',
    status: 404,
    errorCode: 'unknown_provider',
    provider: null,
  })
})

test('a Weir key that nobody knows is an AuthenticationError', async () => {
  const error = await ask(client('/openai/v1', { apiKey: 'wk_nobody_0123456789' }))
  expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(error).toMatchObject({ status: 401, code: 'key_invalid', type: 'authentication_error' })
  expect(await house.row()).toMatchObject({
    outcome: 'refused',
    status: 401,
    errorCode: 'key_invalid',
    provider: 'openai',
  })
})

test('a call without a credential, where Weir has one of its own, is an AuthenticationError', async () => {
  const error = await ask(client('/kept/v1', { defaultHeaders: { authorization: null } }))
  expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(error).toMatchObject({ status: 401, code: 'credential_required' })
  expect(await house.row()).toMatchObject({ outcome: 'refused', errorCode: 'credential_required', attempts: [] })
})

test('a model without its provider under /v1 is a BadRequestError that says what to write', async () => {
  const error = await ask(client('/v1'))
  expect(error).toBeInstanceOf(OpenAI.BadRequestError)
  expect(error).toMatchObject({ status: 400, code: 'model_required' })
  expect(error.message).toContain('openai/gpt-5-mini')
  expect(await house.row()).toMatchObject({ outcome: 'refused', errorCode: 'model_required', model: 'gpt-5-mini' })
})

test('a provider that is silent for too long is an InternalServerError, tried once', async () => {
  house.answer(() => {})
  const error = await ask(client('/openai/v1', { defaultHeaders: { 'x-weir-timeout-headers': '40ms' } }))
  expect(error).toBeInstanceOf(OpenAI.InternalServerError)
  expect(error).toMatchObject({ status: 504, code: 'timeout_headers' })
  expect(house.asked().length).toBe(1)
  expect(await house.row()).toMatchObject({ outcome: 'timeout', status: 504, errorCode: 'timeout_headers' })
})

test('a provider that cannot be reached is an InternalServerError, which may be tried again', async () => {
  const error = await ask(client('/gone/v1', { maxRetries: 1 }))
  expect(error).toBeInstanceOf(OpenAI.InternalServerError)
  expect(error).toMatchObject({ status: 502, code: 'upstream_unreachable' })
  const rows = await house.rows(2)
  expect(rows.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual(
    Array(2).fill(['error', 'upstream_unreachable']),
  )
})
