// Where the provider says nothing, tokens are counted: close to what it would have said, and in bounded time whatever the text is.
import { beforeAll, describe, expect, test } from 'vitest'
import { dialectByName } from '../../server/dialects/registry.ts'
import { estimateUsage } from '../../server/prices/estimate.ts'
import { createTokenizers, familyOf } from '../../server/prices/tokenizer.ts'

const tokenizers = createTokenizers()
beforeAll(async () => {
  await tokenizers.load('gpt-5.1')
  await tokenizers.load('gpt-4-turbo')
})

const said = (text: string) => {
  const reader = dialectByName('openai-chat').createReader({ operation: 'chat', contentType: 'application/json' })
  reader.push(Buffer.from(JSON.stringify({ choices: [{ message: { role: 'assistant', content: text } }] })))
  return reader.end()
}

test('OpenAI’s own example: 129 tokens as the API counts them', () => {
  // https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken (gpt-4: 129, gpt-4o: 124)
  const messages = [
    {
      role: 'system',
      content: 'You are a helpful, pattern-following assistant that translates corporate jargon into plain English.',
    },
    { role: 'system', name: 'example_user', content: 'New synergies will help drive top-line growth.' },
    { role: 'system', name: 'example_assistant', content: 'Things working well together will increase revenue.' },
    {
      role: 'system',
      name: 'example_user',
      content: "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
    },
    {
      role: 'system',
      name: 'example_assistant',
      content: "Let's talk later when we're less busy about how to do better.",
    },
    { role: 'user', content: "This late pivot means we don't have time to boil the ocean for the client deliverable." },
  ]
  const count = (model: string) => {
    const request = dialectByName('openai-chat').readRequest({ model, messages }, { operation: 'chat', path: '' })
    return estimateUsage({ model, request, answer: null }, tokenizers)!.input!
  }
  expect(Math.abs(count('gpt-4') - 129)).toBeLessThanOrEqual(12)
  expect(Math.abs(count('gpt-4o') - 124)).toBeLessThanOrEqual(12)
})

test('output and visible reasoning, in buckets of their own', () => {
  const answer = said('Hello world')
  answer.messages[0]!.parts.push({ type: 'reasoning', text: 'Hm, hm.' })
  expect(estimateUsage({ model: 'gpt-5.1', request: null, answer }, tokenizers)).toEqual({ output: 2, reasoning: 4 })
})

test('nothing to count is null', () => {
  expect(estimateUsage({ model: 'gpt-5.1', request: null, answer: null }, tokenizers)).toBeNull()
})

test('a family that is not loaded says so', () => {
  expect(createTokenizers().ready('claude-x')).toBe(false)
  expect(() => createTokenizers().count('claude-x', 'a')).toThrow(/load\(\)/)
})

test.each([
  ['gpt-4o-mini', 'o200k_base'],
  ['o3', 'o200k_base'],
  ['gpt-4-0613', 'cl100k_base'],
  ['gpt-3.5-turbo', 'cl100k_base'],
  ['claude-sonnet-5', 'o200k_base'],
  ['llama-3.3-70b', 'o200k_base'],
])('%s counts by %s', (model, encoding) => expect(familyOf(model).encoding).toBe(encoding))

describe('bounded', () => {
  test.each([
    ['one word', 'a'.repeat(1_000_000)],
    ['Chinese without a stop', '天地玄黄宇宙洪荒'.repeat(125_000)],
    ['emoji', '😀'.repeat(300_000)],
    ['blanks', ' '.repeat(1_000_000)],
    ['line ends', '\n'.repeat(1_000_000)],
    ['base64', Buffer.alloc(750_000, 'x7Qp').toString('base64')],
    ['half a surrogate pair', '\ud83d'.repeat(100_000)],
    ['words', 'the quick brown fox '.repeat(50_000)],
  ])('a million characters of %s take a second of the processor at most', (_, text) => {
    const before = process.cpuUsage()
    const tokens = tokenizers.count('gpt-5.1', text)
    expect(process.cpuUsage(before).user).toBeLessThan(1_500_000)
    expect(tokens).toBeGreaterThan(0)
    expect(tokens).toBeLessThan(text.length * 3)
  })

  test('a sampled text counts in proportion', () => {
    const text = 'The river runs to the sea, and the weir counts what goes by. '
    const some = tokenizers.count('gpt-5.1', text.repeat(500))
    const all = tokenizers.count('gpt-5.1', text.repeat(50_000))
    expect(all / some / 100).toBeCloseTo(1, 1)
  })

  test('special tokens are text', () => expect(tokenizers.count('gpt-5.1', 'say <|endoftext|> now')).toBeGreaterThan(4))
})
