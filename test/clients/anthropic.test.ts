// The official `@anthropic-ai/sdk`, unmodified, with nothing but its base URL changed: messages, streams, count_tokens, its error
// classes and retries, and a row for each of its requests.
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse, thrownBy } from '../support/client-house.ts'
import { anthropicError, CLAUDE, message, messageEvents } from '../support/formats.ts'
import { TEXT, TOOL_INPUT } from '../support/formats-openai.ts'
import { json } from '../support/provider.ts'
import { hangsAfter, inTurn } from '../support/speaker.ts'

let house: ClientHouse
let anthropic: Anthropic

beforeAll(async () => {
  house = await openClientHouse(['anthropic'])
})
beforeEach(async () => {
  await house.reset()
  anthropic = client()
})
afterAll(() => house?.close())

const client = (options: Record<string, unknown> = {}) =>
  new Anthropic({ apiKey: 'sk-ant-test-0123456789', baseURL: house.at('/anthropic'), maxRetries: 0, ...options })

const question = {
  model: 'claude-sonnet-4-6',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Good day?' }],
}
const ok = {
  provider: 'anthropic',
  dialect: 'anthropic-messages',
  status: 200,
  outcome: 'ok',
  model: 'claude-sonnet-4-6',
  responseModel: CLAUDE,
  decodeError: null,
}

test('a message', async () => {
  const answer = await anthropic.messages.create(question)
  expect(answer.content).toEqual([{ type: 'text', text: TEXT }])
  expect(answer.usage).toMatchObject({ input_tokens: 10, output_tokens: 7 })
  expect(await house.row()).toMatchObject({
    ...ok,
    operation: 'chat',
    stream: false,
    finishReason: 'end_turn',
    usage: { input: 10, cacheRead: 4, output: 7 },
    usageSource: 'provider',
    responseId: 'msg_1',
    preview: TEXT,
  })
})

test('a streamed message, by the helper that puts it together', async () => {
  const stream = anthropic.messages.stream(question)
  let said = ''
  stream.on('text', (text) => void (said += text))
  const final = await stream.finalMessage()
  expect([said, final.content]).toEqual([TEXT, [{ type: 'text', text: TEXT }]])
  expect(final.usage).toMatchObject({ input_tokens: 10, output_tokens: 7 })
  const row = await house.row()
  expect(row).toMatchObject({
    ...ok,
    stream: true,
    finishReason: 'end_turn',
    usage: { input: 10, output: 7 },
    events: 8,
  })
  expect(row.firstTokenMs).toBeGreaterThan(0)
})

test('a streamed tool call comes back with its input and stands in the row', async () => {
  const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }]
  const final = await anthropic.messages.stream({ ...question, tools }).finalMessage()
  expect(final.content).toMatchObject([{ type: 'tool_use', name: 'weather', input: TOOL_INPUT }])
  expect(await house.row()).toMatchObject({
    ...ok,
    tools: ['weather'],
    toolCalls: ['weather'],
    finishReason: 'tool_use',
  })
})

test('versions and betas arrive as the client says them', async () => {
  await anthropic.beta.messages.create({ ...question, betas: ['context-1m-2025-08-07', 'token-counting-2024-11-01'] })
  const { path, headers } = house.asked()[0]!
  expect(path).toBe('/v1/messages')
  expect(headers['anthropic-version']).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(headers['anthropic-beta']).toBe('context-1m-2025-08-07,token-counting-2024-11-01')
  expect(await house.row()).toMatchObject({ ...ok, path: '/anthropic/v1/messages' })
})

test('count_tokens is housekeeping: answered, recorded, no generation', async () => {
  const { input_tokens } = await anthropic.messages.countTokens({ model: question.model, messages: question.messages })
  expect(input_tokens).toBe(14)
  expect(await house.row()).toMatchObject({ operation: 'count_tokens', auxiliary: true, outcome: 'ok', usage: null })
})

test("through Weir's own /v1, which is Anthropic's for messages", async () => {
  const answer = await client({ baseURL: house.at('') }).messages.create({
    ...question,
    model: 'anthropic/claude-sonnet-4-6',
  })
  expect(answer.content).toEqual([{ type: 'text', text: TEXT }])
  expect(house.asked()[0]!.json.model).toBe('claude-sonnet-4-6')
  expect(await house.row()).toMatchObject({
    ...ok,
    changes: [{ what: 'model "anthropic/claude-sonnet-4-6" → "claude-sonnet-4-6"' }],
  })
})

test.each([
  [400, Anthropic.BadRequestError, 'invalid_request_error'],
  [401, Anthropic.AuthenticationError, 'authentication_error'],
  [403, Anthropic.PermissionDeniedError, 'permission_error'],
  [404, Anthropic.NotFoundError, 'not_found_error'],
  [429, Anthropic.RateLimitError, 'rate_limit_error'],
  [500, Anthropic.InternalServerError, 'api_error'],
  [529, Anthropic.InternalServerError, 'overloaded_error'],
])("a provider's %i is the client's usual error", async (status, kind, type) => {
  house.answer(json(anthropicError(type, 'Not today'), { status, headers: { 'request-id': 'req_7' } }))
  const error = await thrownBy(() => anthropic.messages.create(question))
  expect(error).toBeInstanceOf(kind)
  expect(error).toMatchObject({ status, type, requestID: 'req_7', error: { error: { message: 'Not today' } } })
  expect(await house.row()).toMatchObject({
    status,
    outcome: 'error',
    errorCode: type,
    errorMessage: 'Not today',
    requestId: 'req_7',
    usage: null,
  })
})

test('overloaded is tried again, each try is a row', async () => {
  const overloaded = json(anthropicError('overloaded_error', 'Overloaded'), {
    status: 529,
    headers: { 'retry-after-ms': '30' },
  })
  house.answer(inTurn(overloaded, overloaded, json(message(question))))
  const answer = await client({ maxRetries: 2 }).messages.create(question)
  expect(answer.content).toEqual([{ type: 'text', text: TEXT }])
  const rows = await house.rows(3)
  expect(rows.map(({ status, outcome }) => [status, outcome])).toEqual([
    [529, 'error'],
    [529, 'error'],
    [200, 'ok'],
  ])
})

test('an error event in the middle of a stream is thrown, and the row is an error in spite of its 200', async () => {
  const error = `event: error\ndata: ${JSON.stringify(anthropicError('overloaded_error', 'Overloaded'))}\n\n`
  const events = [...messageEvents({}).slice(0, 4), error]
  house.answer((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.join('')))
  const thrown = await thrownBy(() => anthropic.messages.stream(question).finalMessage())
  expect(thrown).toBeInstanceOf(Anthropic.APIError)
  expect(thrown).toMatchObject({ type: 'overloaded_error' })
  expect(await house.row()).toMatchObject({
    status: 200,
    outcome: 'error',
    errorCode: 'overloaded_error',
    errorMessage: 'Overloaded',
    usageSource: 'partial',
  })
})

test("a provider that falls silent in a stream: Weir's error event is thrown as an APIError", async () => {
  const hanging = hangsAfter(messageEvents({}).slice(0, 4))
  house.answer(hanging.answer)
  const silent = client({ defaultHeaders: { 'x-weir-timeout-idle': '60ms', 'x-weir-timeout-first-event': '60ms' } })
  const thrown = await thrownBy(() => silent.messages.stream(question).finalMessage())
  expect(thrown).toBeInstanceOf(Anthropic.APIError)
  expect(thrown.message).toContain('fell silent')
  expect(await house.row()).toMatchObject({
    status: 200,
    outcome: 'timeout',
    errorCode: 'timeout_idle',
    usageSource: 'partial',
  })
})

test("a Weir key that nobody knows is an AuthenticationError, in Anthropic's words", async () => {
  const error = await thrownBy(() =>
    client({ apiKey: 'wk_nobody_0123456789', maxRetries: 2 }).messages.create(question),
  )
  expect(error).toBeInstanceOf(Anthropic.AuthenticationError)
  expect(error).toMatchObject({ status: 401, type: 'authentication_error', error: { type: 'error' } })
  expect(house.asked()).toEqual([])
  expect(await house.row()).toMatchObject({ outcome: 'refused', status: 401, errorCode: 'key_invalid' })
})

test('a client that leaves in the middle of a stream ends the upstream request; what was counted until then is kept', async () => {
  const hanging = hangsAfter(messageEvents({}).slice(0, 4))
  house.answer(hanging.answer)
  const stream = anthropic.messages.stream(question)
  stream.on('text', () => stream.abort())
  expect(await thrownBy(() => stream.finalMessage())).toBeInstanceOf(Anthropic.APIUserAbortError)
  await hanging.left
  const row = await house.row()
  expect(row).toMatchObject({
    outcome: 'client_abort',
    status: 200,
    usageSource: 'partial',
    usage: { input: 10, output: 1 },
  })
  expect((await house.body(row, 'response')).toString()).toBe(messageEvents({}).slice(0, 4).join(''))
})
