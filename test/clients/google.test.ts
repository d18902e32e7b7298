// The official `@google/genai`, unmodified, with nothing but `httpOptions.baseUrl` changed: whole, streamed, tools, its errors, and
// a row for each of its requests. Google's key comes in a header of its own, and the model stands in the path.
import { ApiError, GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse, thrownBy } from '../support/client-house.ts'
import { geminiStream, googleError } from '../support/formats.ts'
import { TEXT, TOOL_INPUT } from '../support/formats-openai.ts'
import { json } from '../support/provider.ts'

let house: ClientHouse
let google: GoogleGenAI

beforeAll(async () => {
  house = await openClientHouse(['gemini'])
  google = client('AIza-test-0123456789abcdef')
})
beforeEach(() => house.reset())
afterAll(() => house?.close())

const client = (apiKey: string) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: house.at('/gemini') } })
const question = { model: 'gemini-2.5-flash', contents: 'Good day?' }
const ok = {
  provider: 'gemini',
  dialect: 'gemini',
  operation: 'chat',
  status: 200,
  outcome: 'ok',
  model: 'gemini-2.5-flash',
  responseModel: 'gemini-2.5-flash',
  finishReason: 'STOP',
  usage: { input: 12, output: 5, reasoning: 3 },
  usageSource: 'provider',
  decodeError: null,
}

test('a whole answer', async () => {
  const answer = await google.models.generateContent(question)
  expect(answer.text).toBe(TEXT)
  expect(answer.usageMetadata).toMatchObject({ promptTokenCount: 12, thoughtsTokenCount: 3 })
  expect(house.asked()[0]!.headers['x-goog-api-key']).toBe('AIza-test-0123456789abcdef')
  expect(await house.row()).toMatchObject({ ...ok, stream: false, responseId: 'g-1', preview: TEXT })
})

test('a stream', async () => {
  let said = ''
  for await (const chunk of await google.models.generateContentStream(question)) said += chunk.text ?? ''
  expect(said).toBe(TEXT)
  expect(house.asked()[0]!.path).toBe('/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
  const row = await house.row()
  expect(row).toMatchObject({ ...ok, stream: true, events: geminiStream().length })
  expect((await house.body(row, 'response')).toString()).toBe(geminiStream().join(''))
})

test('a tool call comes back with its arguments and stands in the row', async () => {
  const tools = [{ functionDeclarations: [{ name: 'weather' }] }]
  const { functionCalls } = await google.models.generateContent({ ...question, config: { tools } })
  expect(functionCalls).toEqual([{ name: 'weather', args: TOOL_INPUT }])
  expect(await house.row()).toMatchObject({ ...ok, tools: ['weather'], toolCalls: ['weather'] })
})

test.each([
  [400, 'INVALID_ARGUMENT'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [429, 'RESOURCE_EXHAUSTED'],
  [503, 'UNAVAILABLE'],
])("a provider's %i is the client's usual error", async (status, name) => {
  house.answer(json(googleError(status, 'Not today', name), { status }))
  const error = await thrownBy(() => google.models.generateContent(question))
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status })
  expect(error.message).toContain('Not today')
  const rows = await house.rows()
  for (const row of rows)
    expect(row).toMatchObject({ status, outcome: 'error', errorCode: name, errorMessage: 'Not today', usage: null })
  expect(rows.length).toBe(house.asked().length)
})

test('a Weir key that nobody knows is an ApiError with the reason', async () => {
  const error = await thrownBy(() => client('wk_nobody_0123456789').models.generateContent(question))
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: 401 })
  expect(error.message).toContain('Weir key')
  expect(await house.row()).toMatchObject({
    outcome: 'refused',
    status: 401,
    errorCode: 'key_invalid',
    provider: 'gemini',
  })
})
