// The official `openai` package, unmodified, with nothing but its base URL changed: what it gets is what it would get from OpenAI,
// its own error classes and retries work, and each of its requests is a row with model, usage and outcome.
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse, thrownBy } from '../support/client-house.ts'
import { chat, chatEvents, openaiError, TEXT, TOOL_INPUT } from '../support/formats-openai.ts'
import { json } from '../support/provider.ts'
import { hangsAfter, inTurn } from '../support/speaker.ts'

let house: ClientHouse
let openai: OpenAI

beforeAll(async () => {
  house = await openClientHouse(['openai', 'groq'])
})
beforeEach(async () => {
  await house.reset()
  openai = client()
})
afterAll(() => house?.close())

const client = (options: Record<string, unknown> = {}) =>
  new OpenAI({ apiKey: 'sk-test-0123456789abcdef', baseURL: house.at('/openai/v1'), maxRetries: 0, ...options })

const question = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Good day?' }] }
const ok = {
  provider: 'openai',
  status: 200,
  outcome: 'ok',
  model: 'gpt-5-mini',
  responseModel: 'gpt-5-mini-2025-08-07',
  decodeError: null,
}

test('a chat completion', async () => {
  const answer = await openai.chat.completions.create(question)
  expect(answer.choices[0]!.message.content).toBe(TEXT)
  expect(answer.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 5 })
  expect(await house.row()).toMatchObject({
    ...ok,
    dialect: 'openai-chat',
    operation: 'chat',
    stream: false,
    finishReason: 'stop',
    usage: { input: 12, output: 5 },
    usageSource: 'provider',
    responseId: 'chatcmpl-1',
    preview: TEXT,
    app: expect.stringMatching(/openai/i),
  })
})

test('a tool call comes back with its arguments and stands in the row', async () => {
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } }]
  const { choices } = await openai.chat.completions.create({ ...question, tools })
  const call = choices[0]!.message.tool_calls![0]!
  expect(call.type === 'function' && JSON.parse(call.function.arguments)).toEqual(TOOL_INPUT)
  expect(await house.row()).toMatchObject({
    ...ok,
    tools: ['weather'],
    toolCalls: ['weather'],
    finishReason: 'tool_calls',
  })
})

test('a chat stream that asks for usage', async () => {
  let said = ''
  let tokens: number | undefined
  for await (const chunk of await openai.chat.completions.create({
    ...question,
    stream: true,
    stream_options: { include_usage: true },
  })) {
    said += chunk.choices[0]?.delta.content ?? ''
    tokens = chunk.usage?.total_tokens ?? tokens
  }
  expect([said, tokens]).toEqual([TEXT, 17])
  const row = await house.row()
  expect(row).toMatchObject({
    ...ok,
    stream: true,
    finishReason: 'stop',
    usage: { input: 12, output: 5 },
    usageSource: 'provider',
    events: 6,
  })
  expect(row.firstTokenMs).toBeGreaterThan(0)
})

test('a chat stream without usage passes untouched, and its row says that it is an estimate', async () => {
  let chunks = 0
  for await (const chunk of await openai.chat.completions.create({ ...question, stream: true })) {
    expect(chunk.choices.length).toBe(1)
    chunks++
  }
  expect(chunks).toBe(chatEvents({}).length - 1)
  expect(house.asked()[0]!.json.stream_options).toBeUndefined()
  expect(await house.row()).toMatchObject({
    ...ok,
    usageSource: 'estimated',
    usage: { output: expect.any(Number) },
    changes: [],
  })
})

test('a response', async () => {
  const answer = await openai.responses.create({ model: 'gpt-5-mini', input: 'Good day?' })
  expect(answer.output_text).toBe(TEXT)
  expect(await house.row()).toMatchObject({
    ...ok,
    dialect: 'openai-responses',
    operation: 'responses',
    finishReason: 'completed',
    usage: { input: 8, cacheRead: 4, output: 3, reasoning: 2 },
    responseId: 'resp_1',
  })
})

test('a streamed response, by the helper that puts it together', async () => {
  const stream = openai.responses.stream({ model: 'gpt-5-mini', input: 'Good day?' })
  let said = ''
  stream.on('response.output_text.delta', ({ delta }) => void (said += delta))
  const final = await stream.finalResponse()
  expect([said, final.output_text, final.usage?.total_tokens]).toEqual([TEXT, TEXT, 17])
  expect(await house.row()).toMatchObject({
    ...ok,
    dialect: 'openai-responses',
    stream: true,
    usage: { input: 8, cacheRead: 4, output: 3, reasoning: 2 },
  })
})

test('embeddings, which the client asks for in base64', async () => {
  const answer = await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['sea', 'shore'] })
  expect(answer.data.map(({ embedding }) => embedding)).toEqual([
    [0.25, -0.5],
    [0.25, -0.5],
  ])
  expect(await house.row()).toMatchObject({
    dialect: 'openai-embeddings',
    operation: 'embeddings',
    model: 'text-embedding-3-small',
    usage: { input: 4 },
    outcome: 'ok',
  })
})

test('a file upload arrives byte for byte', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256))
  const file = await openai.files.create({ file: await toFile(bytes, 'sea.bin'), purpose: 'batch' })
  expect(file).toMatchObject({ id: 'file-1', filename: 'sea.bin' })
  const { body, headers } = house.asked()[0]!
  expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
  expect(body.includes(bytes)).toBe(true)
  const row = await house.row()
  expect(row).toMatchObject({
    dialect: 'openai-other',
    operation: 'files',
    auxiliary: true,
    outcome: 'ok',
    requestBytes: body.length,
    truncated: false,
  })
  expect((await house.body(row, 'request')).equals(body)).toBe(true)
})

test.each([
  [400, OpenAI.BadRequestError, openaiError('Too long', 'invalid_request_error', 'context_length_exceeded')],
  [401, OpenAI.AuthenticationError, openaiError('Incorrect API key', 'invalid_request_error', 'invalid_api_key')],
  [
    403,
    OpenAI.PermissionDeniedError,
    openaiError('Not in your country', 'request_forbidden', 'unsupported_country_region_territory'),
  ],
  [404, OpenAI.NotFoundError, openaiError('No such model', 'invalid_request_error', 'model_not_found')],
  [422, OpenAI.UnprocessableEntityError, openaiError('Cannot do', 'invalid_request_error', 'unprocessable')],
  [429, OpenAI.RateLimitError, openaiError('Slow down', 'requests', 'rate_limit_exceeded')],
  [500, OpenAI.InternalServerError, openaiError('Sorry', 'server_error', 'server_error')],
])("a provider's %i is the client's usual error", async (status, kind, body) => {
  house.answer(json(body, { status, headers: { 'x-request-id': 'req_7' } }))
  const error = await thrownBy(() => openai.chat.completions.create(question))
  expect(error).toBeInstanceOf(kind)
  expect(error).toMatchObject({ status, code: body.error.code, type: body.error.type, requestID: 'req_7' })
  expect(error.message).toBe(`${status} ${body.error.message}`)
  expect(await house.row()).toMatchObject({
    status,
    outcome: 'error',
    errorCode: body.error.code,
    errorMessage: body.error.message,
    requestId: 'req_7',
    usage: null,
  })
})

test('an error in the middle of a stream is thrown, and the row is an error in spite of its 200', async () => {
  const events = [
    ...chatEvents({}).slice(0, 2),
    `data: ${JSON.stringify(openaiError('The server had an error', 'server_error', 'boom'))}\n\n`,
  ]
  house.answer((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.join('')))
  const error = await thrownBy(async () => {
    for await (const _ of await openai.chat.completions.create({ ...question, stream: true }));
  })
  expect(error).toBeInstanceOf(OpenAI.APIError)
  expect(error.message).toContain('The server had an error')
  expect(await house.row()).toMatchObject({
    status: 200,
    outcome: 'error',
    errorCode: 'boom',
    errorMessage: 'The server had an error',
  })
})

test('429 and 5xx are tried again after retry-after-ms, each try is a row', async () => {
  const again = (status: number) =>
    json(openaiError('Later', 'requests', 'later'), { status, headers: { 'retry-after-ms': '30' } })
  house.answer(inTurn(again(429), again(503), json(chat({}))))
  const answer = await client({ maxRetries: 2 }).chat.completions.create(question)
  expect(answer.choices[0]!.message.content).toBe(TEXT)
  expect(house.asked().map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '1', '2'])
  const rows = await house.rows(3)
  expect(rows.map(({ status, outcome }) => [status, outcome])).toEqual([
    [429, 'error'],
    [503, 'error'],
    [200, 'ok'],
  ])
})

test('retry-after in seconds is kept to', async () => {
  house.answer(
    inTurn(
      json(openaiError('Later', 'requests', 'later'), { status: 429, headers: { 'retry-after': '1' } }),
      json(chat({})),
    ),
  )
  const before = performance.now()
  await client({ maxRetries: 1 }).chat.completions.create(question)
  expect(performance.now() - before).toBeGreaterThan(990)
  const [first, second] = await house.rows(2)
  expect(second!.startedAt - first!.startedAt).toBeGreaterThan(990)
})

test('a provider that says not to try again is obeyed', async () => {
  house.answer(
    json(openaiError('No use', 'server_error', 'fatal'), { status: 500, headers: { 'x-should-retry': 'false' } }),
  )
  expect(await thrownBy(() => client({ maxRetries: 2 }).chat.completions.create(question))).toBeInstanceOf(
    OpenAI.InternalServerError,
  )
  expect(house.asked().length).toBe(1)
  expect(await house.row()).toMatchObject({ status: 500, outcome: 'error' })
})

test('a client that leaves in the middle of a stream ends the upstream request', async () => {
  const hanging = hangsAfter(chatEvents({}).slice(0, 2))
  house.answer(hanging.answer)
  const stream = await openai.chat.completions.create({ ...question, stream: true })
  let said = ''
  for await (const chunk of stream) {
    said += chunk.choices[0]?.delta.content ?? ''
    if (said === 'Hello') stream.controller.abort()
  }
  await hanging.left
  const row = await house.row()
  expect(row).toMatchObject({
    outcome: 'client_abort',
    status: 200,
    model: 'gpt-5-mini',
    usageSource: 'estimated',
    finishReason: null,
  })
  expect((await house.body(row, 'response')).toString()).toBe(chatEvents({}).slice(0, 2).join(''))
})
