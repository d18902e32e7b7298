// The official Python packages `openai` and `anthropic`, unmodified, with nothing but their base URL changed. Each script prints
// what its client saw as one line of JSON; the row is looked at from here.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse } from '../support/client-house.ts'
import { anthropicError, CLAUDE, messageEvents } from '../support/formats.ts'
import { chat, openaiError, TEXT, TOOL_INPUT } from '../support/formats-openai.ts'
import { json } from '../support/provider.ts'
import { findPython, type Python } from '../support/python.ts'
import { inTurn } from '../support/speaker.ts'

let house: ClientHouse
let python: Python

beforeAll(async () => {
  python = await findPython(['openai==3.54.0', 'anthropic==2.12.0'])
  house = await openClientHouse(['openai', 'anthropic'])
})
beforeEach(async ({ skip }) => {
  if ('missing' in python) return skip(python.missing)
  await house.reset()
})
afterAll(() => house?.close())

const OPENAI = `
import json, os, openai
client = openai.OpenAI(api_key="sk-test-0123456789abcdef", base_url=os.environ["BASE"] + "/openai/v1", max_retries=2)
question = dict(model="gpt-5-mini", messages=[{"role": "user", "content": "Good day?"}])
say = lambda **said: print(json.dumps(said))
`
const ANTHROPIC = `
import json, os, anthropic
client = anthropic.Anthropic(api_key="sk-ant-test-0123456789", base_url=os.environ["BASE"] + "/anthropic", max_retries=2)
question = dict(model="claude-sonnet-4-6", max_tokens=100, messages=[{"role": "user", "content": "Good day?"}])
say = lambda **said: print(json.dumps(said))
`

async function saw(script: string): Promise<unknown> {
  if ('missing' in python) throw new Error(python.missing)
  const { code, text, errors } = await python.run(script, { BASE: house.weir.url })
  expect(errors.replace(/^.*Warning.*\n.*\n/gm, '')).toBe('')
  expect(code).toBe(0)
  return JSON.parse(text)
}

const gpt = {
  provider: 'openai',
  model: 'gpt-5-mini',
  responseModel: 'gpt-5-mini-2025-08-07',
  status: 200,
  outcome: 'ok',
  decodeError: null,
}
const claude = {
  provider: 'anthropic',
  dialect: 'anthropic-messages',
  model: 'claude-sonnet-4-6',
  responseModel: CLAUDE,
  status: 200,
  outcome: 'ok',
  decodeError: null,
}

test('openai: a chat completion', async () => {
  const script = `
answer = client.chat.completions.create(**question)
say(text=answer.choices[0].message.content, tokens=answer.usage.total_tokens)`
  expect(await saw(OPENAI + script)).toEqual({ text: TEXT, tokens: 17 })
  expect(await house.row()).toMatchObject({
    ...gpt,
    dialect: 'openai-chat',
    stream: false,
    usage: { input: 12, output: 5 },
    app: expect.stringMatching(/openai/i),
  })
})

test('openai: a chat stream with usage', async () => {
  const script = `
text, tokens = "", None
for chunk in client.chat.completions.create(**question, stream=True, stream_options={"include_usage": True}):
    if chunk.choices: text += chunk.choices[0].delta.content or ""
    if chunk.usage: tokens = chunk.usage.total_tokens
say(text=text, tokens=tokens)`
  expect(await saw(OPENAI + script)).toEqual({ text: TEXT, tokens: 17 })
  expect(await house.row()).toMatchObject({
    ...gpt,
    dialect: 'openai-chat',
    stream: true,
    usage: { input: 12, output: 5 },
    usageSource: 'provider',
  })
})

test('openai: a streamed response with a tool call', async () => {
  const script = `
tools = [{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}, "additionalProperties": False}, "strict": False}]
with client.responses.stream(model="gpt-5-mini", input="Sun?", tools=tools) as stream:
    for event in stream: pass
    call = stream.get_final_response().output[0]
say(name=call.name, arguments=json.loads(call.arguments))`
  expect(await saw(OPENAI + script)).toEqual({ name: 'weather', arguments: TOOL_INPUT })
  expect(await house.row()).toMatchObject({
    ...gpt,
    dialect: 'openai-responses',
    stream: true,
    tools: ['weather'],
    toolCalls: ['weather'],
    usage: { input: 8, cacheRead: 4, output: 3, reasoning: 2 },
  })
})

test('openai: embeddings', async () => {
  const script = `
answer = client.embeddings.create(model="text-embedding-3-small", input=["sea", "shore"])
say(numbers=[list(each.embedding) for each in answer.data])`
  expect(await saw(OPENAI + script)).toEqual({
    numbers: [
      [0.25, -0.5],
      [0.25, -0.5],
    ],
  })
  expect(await house.row()).toMatchObject({ dialect: 'openai-embeddings', usage: { input: 4 }, outcome: 'ok' })
})

test('openai: a file upload arrives byte for byte', async () => {
  const script = `
answer = client.files.create(file=("sea.bin", bytes(range(256)) * 1000), purpose="batch")
say(id=answer.id, name=answer.filename)`
  expect(await saw(OPENAI + script)).toEqual({ id: 'file-1', name: 'sea.bin' })
  const { body } = house.asked()[0]!
  expect(
    body.includes(Buffer.concat(Array<Buffer>(1000).fill(Buffer.from(Array.from({ length: 256 }, (_, i) => i))))),
  ).toBe(true)
  const row = await house.row()
  expect(row).toMatchObject({ operation: 'files', outcome: 'ok', requestBytes: body.length })
  expect((await house.body(row, 'request')).equals(body)).toBe(true)
})

test('openai: 429 is tried again after retry-after-ms, each try is a row', async () => {
  const later = json(openaiError('Later', 'requests', 'later'), { status: 429, headers: { 'retry-after-ms': '30' } })
  house.answer(inTurn(later, later, json(chat({}))))
  expect(await saw(`${OPENAI}say(text=client.chat.completions.create(**question).choices[0].message.content)`)).toEqual(
    { text: TEXT },
  )
  const rows = await house.rows(3)
  expect(rows.map(({ status, outcome }) => [status, outcome])).toEqual([
    [429, 'error'],
    [429, 'error'],
    [200, 'ok'],
  ])
})

const CAUGHT = `
try: client.chat.completions.create(**question)
except openai.APIStatusError as e: say(kind=type(e).__name__, status=e.status_code, code=e.code)`

test.each([
  [400, 'BadRequestError', 'context_length_exceeded'],
  [401, 'AuthenticationError', 'invalid_api_key'],
  [404, 'NotFoundError', 'model_not_found'],
])("openai: a provider's %i is a %s", async (status, kind, code) => {
  house.answer(json(openaiError('Not today', 'invalid_request_error', code), { status }))
  expect(await saw(OPENAI + CAUGHT)).toEqual({ kind, status, code })
  expect(await house.row()).toMatchObject({ status, outcome: 'error', errorCode: code, errorMessage: 'Not today' })
})

test("openai: a refusal of Weir's is the usual class, and not tried again", async () => {
  const script = OPENAI.replace('sk-test-0123456789abcdef', 'wk_nobody_0123456789') + CAUGHT
  expect(await saw(script)).toEqual({ kind: 'AuthenticationError', status: 401, code: 'key_invalid' })
  expect(await house.row()).toMatchObject({ outcome: 'refused', errorCode: 'key_invalid' })
})

test("openai: a deadline of Weir's is not tried again", async () => {
  house.answer(() => {})
  const script =
    OPENAI.replace('max_retries=2', 'max_retries=2, default_headers={"x-weir-timeout-headers": "40ms"}') + CAUGHT
  expect(await saw(script)).toEqual({ kind: 'InternalServerError', status: 504, code: 'timeout_headers' })
  expect(await house.row()).toMatchObject({ outcome: 'timeout', errorCode: 'timeout_headers' })
})

test('anthropic: a message', async () => {
  const script = `
answer = client.messages.create(**question)
say(text=answer.content[0].text, tokens=answer.usage.output_tokens)`
  expect(await saw(ANTHROPIC + script)).toEqual({ text: TEXT, tokens: 7 })
  expect(await house.row()).toMatchObject({
    ...claude,
    stream: false,
    finishReason: 'end_turn',
    usage: { input: 10, cacheRead: 4, output: 7 },
  })
})

test('anthropic: a streamed message', async () => {
  const script = `
with client.messages.stream(**question) as stream:
    text = "".join(stream.text_stream)
    final = stream.get_final_message()
say(text=text, stop=final.stop_reason)`
  expect(await saw(ANTHROPIC + script)).toEqual({ text: TEXT, stop: 'end_turn' })
  expect(await house.row()).toMatchObject({
    ...claude,
    stream: true,
    finishReason: 'end_turn',
    usage: { input: 10, output: 7 },
    usageSource: 'provider',
  })
})

test('anthropic: count_tokens', async () => {
  const script = `say(tokens=client.messages.count_tokens(model=question["model"], messages=question["messages"]).input_tokens)`
  expect(await saw(ANTHROPIC + script)).toEqual({ tokens: 14 })
  expect(await house.row()).toMatchObject({ operation: 'count_tokens', auxiliary: true, outcome: 'ok', usage: null })
})

test('anthropic: overloaded in the middle of a stream', async () => {
  const error = `event: error\ndata: ${JSON.stringify(anthropicError('overloaded_error', 'Overloaded'))}\n\n`
  const events = [...messageEvents({}).slice(0, 4), error]
  house.answer((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.join('')))
  const script = `
try:
    with client.messages.stream(**question) as stream: stream.get_final_message()
except anthropic.APIStatusError as e: say(type=e.body["error"]["type"])`
  expect(await saw(ANTHROPIC + script)).toEqual({ type: 'overloaded_error' })
  expect(await house.row()).toMatchObject({
    status: 200,
    outcome: 'error',
    errorCode: 'overloaded_error',
    usageSource: 'partial',
  })
})

test('anthropic: 529 is an error of its own class after two more tries', async () => {
  house.answer(
    json(anthropicError('overloaded_error', 'Overloaded'), { status: 529, headers: { 'retry-after-ms': '20' } }),
  )
  const script = `
try: client.messages.create(**question)
except anthropic.InternalServerError as e: say(status=e.status_code)`
  expect(await saw(ANTHROPIC + script)).toEqual({ status: 529 })
  const rows = await house.rows(3)
  expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual(Array(3).fill([529, 'overloaded_error']))
})
