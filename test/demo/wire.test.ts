// What the demo's provider says must be what a real one would say: Weir's own readers find in it what the turn's author meant.
import { expect, test } from 'vitest'
import { toAnswer } from '../../server/demo/answer.ts'
import { createRandom } from '../../server/demo/random.ts'
import { everyScenario } from '../../server/demo/scenarios/mix.ts'
import { runaway } from '../../server/demo/scenarios/checkout.ts'
import { meter, type Turn } from '../../server/demo/turn.ts'
import { toRequest } from '../../server/demo/wire/registry.ts'
import { recognise } from '../../server/dialects/registry.ts'
import { createProviders } from '../../server/providers/registry.ts'

const providers = createProviders({ providers: {} })
const turns: Turn[] = [...everyScenario, runaway].flatMap((begin) =>
  [1, 2, 3].flatMap((seed) => [...begin(createRandom(seed))].flat()),
)

const read = (turn: Turn) => {
  const { path, body } = toRequest(turn)
  const { dialect, operation } = recognise(providers.find(turn.provider)!.dialects, 'POST', path)!
  const { headers, pieces } = toAnswer(turn)
  const reader = dialect.createReader({ operation: operation.name, contentType: headers['content-type']! })
  for (const { text } of pieces) reader.push(Buffer.from(text))
  return {
    dialect: dialect.name,
    request: dialect.readRequest(JSON.parse(body), { operation: operation.name, path }),
    answer: reader.end(),
  }
}

test('all dialects of the demo are there, streamed and whole', () => {
  const kinds = new Set(turns.map((turn) => `${read(turn).dialect} ${turn.stream}`))
  expect([...kinds].sort()).toEqual([
    'anthropic-messages false',
    'anthropic-messages true',
    'gemini false',
    'gemini true',
    'openai-chat false',
    'openai-chat true',
    'openai-embeddings false',
    'openai-responses true',
  ])
})

test('requests are read with the tools and the history that they were made of', () => {
  for (const turn of turns.filter(({ api }) => api !== 'embeddings')) {
    const { request } = read(turn)
    expect(request.tools.map(({ name }) => name)).toEqual(turn.tools.map(({ name }) => name))
    expect(request.messages.length).toBeGreaterThanOrEqual(turn.messages.length)
  }
})

test('answers are read with the text, the tool calls and the tokens that were meant', () => {
  const sound = turns.filter(({ reply }) => reply.fault === null)
  expect(sound.length).toBeGreaterThan(100)
  for (const turn of sound.filter(({ api }) => api !== 'embeddings')) {
    const { answer } = read(turn)
    const parts = answer.messages.flatMap((message) => message.parts)
    expect(answer.complete, turn.api).toBe(true)
    expect(
      parts
        .filter((part) => part.type === 'text')
        .map((part) => part.text)
        .join(''),
    ).toBe(turn.reply.text)
    expect(parts.filter((part) => part.type === 'tool_call').map((part) => part.name)).toEqual(
      turn.reply.calls.map(({ name }) => name),
    )
    if (answer.usage) expect(totalOf(answer.usage)).toBe(totalOf(meter(turn)) - meter(turn).cached)
    else expect(turn.asksUsage, 'only a chat stream that was not asked keeps silent').toBe(false)
  }
})

test('what goes wrong is read as wrong', () => {
  for (const fault of ['rate_limit', 'server_error', 'overloaded', 'context_length'] as const) {
    for (const begin of everyScenario) {
      const turn = [begin(createRandom(1)).next().value as Turn | Turn[]].flat()[0]!
      const { answer } = read({ ...turn, reply: { ...turn.reply, fault } })
      expect(answer.error?.message, `${turn.api} ${fault}`).toBeTruthy()
    }
  }
})

const totalOf = (counts: object): number =>
  Object.values(counts as Record<string, number>).reduce((sum, count) => sum + count, 0)
