// However the bytes are framed and whatever the content type claims, the same events give the same answer.
import { describe, expect, test } from 'vitest'
import { dialectByName } from '../../server/dialects/registry.ts'
import { fixtures } from './fixtures.ts'

const read = (dialect: string, operation: string, contentType: string, ...pieces: (string | Buffer)[]) => {
  const reader = dialectByName(dialect).createReader({ operation, contentType })
  for (const piece of pieces) reader.push(Buffer.from(piece))
  return { answer: reader.end(), problem: reader.problem }
}

const chat = fixtures['openai-chat']!.stream!.events
const expected = read('openai-chat', 'chat', 'text/event-stream', ...chat).answer
const values = chat.filter((event) => event.startsWith('data: {')).map((event) => event.slice(6).trim())

describe('a chat stream', () => {
  test.each([
    ['CRLF line ends', 'text/event-stream', chat.join('').replaceAll('\n', '\r\n')],
    ['CR line ends', 'text/event-stream', chat.join('').replaceAll('\n', '\r')],
    ['a byte order mark', 'text/event-stream', `\ufeff${chat.join('')}`],
    ['no space after the colon', 'text/event-stream', chat.join('').replaceAll('data: ', 'data:')],
    ['no content type', '', chat.join('')],
    ['the content type of a whole body', 'application/json', chat.join('')],
  ])('%s', (_, contentType, body) => {
    const { answer, problem } = read('openai-chat', 'chat', contentType, body)
    expect(problem).toBeNull()
    expect(answer).toEqual(expected)
  })

  test('JSON lines, with their content type and without', () => {
    for (const contentType of ['application/x-ndjson', 'application/json']) {
      const { answer } = read('openai-chat', 'chat', contentType, values.join('\n'))
      expect(answer).toEqual({ ...expected, events: values.length })
    }
  })

  test('a broken line among JSON lines costs that line only', () => {
    const lines = [values[0]!, '{"id":"chatcmpl-1","cho', ...values.slice(1)].join('\n')
    const { answer, problem } = read('openai-chat', 'chat', 'application/x-ndjson', lines)
    expect(problem).toMatch(/event 2 is not a JSON object/)
    expect(answer.usage).toEqual(expected.usage)
  })
})

test('Responses over WebSocket: one frame a push, or frames run together', () => {
  const { events } = fixtures['openai-responses']!.stream!
  const frames = events.map((event) => event.slice(event.indexOf('data: ') + 6).trim())
  const sse = read('openai-responses', 'responses', 'text/event-stream', ...events).answer
  expect(read('openai-responses', 'responses', 'websocket', ...frames).answer).toEqual(sse)
  expect(read('openai-responses', 'responses', 'websocket', frames.join('')).answer).toEqual(sse)
})

test('Responses over WebSocket: the request is a frame, a warm-up has no usage of its own', () => {
  const { request, whole, asked } = fixtures['openai-responses']!
  const frame = { type: 'response.create', ...(request as object) }
  const facts = dialectByName('openai-responses').readRequest(frame, { operation: 'responses', path: '/v1/responses' })
  expect(facts).toMatchObject({ model: asked.model, stream: true, session: { id: 's-1' } })
  const completed = JSON.stringify({ type: 'response.completed', response: whole })
  expect(read('openai-responses', 'warmup', 'websocket', completed).answer).toMatchObject({
    usage: null,
    usageSource: 'none',
    complete: true,
  })
})

test('reading a stored response again does not count its tokens again', () => {
  const whole = JSON.stringify(fixtures['openai-responses']!.whole)
  const { answer } = read('openai-responses', 'retrieve', 'application/json', whole)
  expect(answer).toMatchObject({ usage: null, usageSource: 'none', id: 'resp_1' })
  expect(answer.usageRaw).toMatchObject({ total_tokens: 29 })
})

describe('bodies that are no answer of the dialect', () => {
  test('plain text is shown as text', () => {
    const { answer, problem } = read('openai-other', 'transcription', 'text/plain; charset=utf-8', 'Zwei Mètres\n')
    expect(problem).toBeNull()
    expect(answer).toMatchObject({ complete: true, messages: [{ parts: [{ type: 'text', text: 'Zwei Mètres\n' }] }] })
  })

  test('sound is counted, not read', () => {
    const { answer } = read(
      'openai-other',
      'speech',
      'audio/mpeg',
      Buffer.from([0xff, 0xfb, 0x90, 0x64, 0, 0, 0, 0, 0]),
    )
    expect(answer.messages[0]!.parts).toEqual([{ type: 'raw', kind: 'audio/mpeg', value: { bytes: 9 } }])
  })

  test('a proxy’s page is a problem, in words', () => {
    const { answer, problem } = read('openai-chat', 'chat', 'text/html', '<html>502</html>')
    expect(problem).toBe('the answer is not JSON, or was cut off: "<html>502</html>"')
    expect(answer.complete).toBe(false)
  })

  test('an error as JSON, under the content type of a stream or of bytes', () => {
    for (const contentType of ['text/event-stream', 'application/octet-stream']) {
      const { answer } = read('openai-chat', 'chat', contentType, JSON.stringify(fixtures['openai-chat']!.error.body))
      expect(answer.error?.code).toBe('model_not_found')
      expect(answer.events).toBeNull()
    }
  })
})

test('servers that number their tool calls badly', () => {
  const delta = (call: object) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [call] } }] })}\n\n`
  const calls = (...pieces: object[]) =>
    read('openai-chat', 'chat', 'text/event-stream', ...pieces.map(delta)).answer.messages[0]!.parts.map((part) =>
      part.type === 'tool_call' ? `${part.id} ${part.name} ${part.arguments}` : part.type,
    )
  // All of them index 0, told apart by their ids.
  expect(
    calls(
      { index: 0, id: 'a', function: { name: 'f', arguments: '{}' } },
      { index: 0, id: 'b', function: { name: 'g', arguments: '{}' } },
    ),
  ).toEqual(['a f {}', 'b g {}'])
  // No index at all: a piece without an id belongs to the call before it.
  expect(
    calls(
      { id: 'a', function: { name: 'f', arguments: '{' } },
      { function: { arguments: '}' } },
      { id: 'b', function: { name: 'g' } },
    ),
  ).toEqual(['a f {}', 'b g '])
  // The id repeated in every piece.
  expect(
    calls(
      { index: 0, id: 'a', function: { name: 'f', arguments: '{' } },
      { index: 0, id: 'a', function: { arguments: '}' } },
    ),
  ).toEqual(['a f {}'])
})

test.each([
  // xAI, Gemini's OpenAI endpoint: reasoning beside the completion, given away by the total.
  [
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 35, completion_tokens_details: { reasoning_tokens: 20 } },
    { input: 10, output: 5, reasoning: 20 },
  ],
  [
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 35 },
    { input: 10, output: 5, reasoning: 20 },
  ],
  [
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_cache_hit_tokens: 8 },
    { input: 2, cacheRead: 8, output: 5 },
  ],
  // Parts that overlap never make more than the total.
  [
    {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 8, audio_tokens: 9 },
    },
    { input: 0, cacheRead: 8, audioInput: 2, output: 5 },
  ],
  [{ prompt_tokens: null, completion_tokens: null }, null],
])('usage %j is %j', (usage, buckets) => {
  const { answer } = read('openai-chat', 'chat', 'application/json', JSON.stringify({ choices: [], usage }))
  expect(answer.usage).toEqual(buckets)
})

test.each([
  [{ cost: 0.0145476 }, 14_547_600],
  [{ cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } }, 21_000_000],
  [{ cost: { total_cost: 0.006 } }, 6_000_000],
  [{ cost_in_usd_ticks: 37_756_000 }, 3_775_600],
  [{}, null],
])('reported cost %j is %s nano-dollars', (cost, nano) => {
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, ...cost }
  expect(
    read('openai-chat', 'chat', 'application/json', JSON.stringify({ choices: [], usage })).answer.reportedCostNano,
  ).toBe(nano)
})
