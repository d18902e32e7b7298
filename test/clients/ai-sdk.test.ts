// Vercel's `ai` with its OpenAI and Anthropic providers, unmodified, with nothing but their base URL changed: text, streams and a
// loop of tool calls. It parses each answer against a schema of its own, so that a byte out of place would throw.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { APICallError, generateText, isStepCount, type LanguageModel, streamText, tool } from 'ai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type ClientHouse, openClientHouse, thrownBy } from '../support/client-house.ts'
import { CLAUDE } from '../support/formats.ts'
import { openaiError, TEXT, TOOL_INPUT } from '../support/formats-openai.ts'
import { json } from '../support/provider.ts'

let house: ClientHouse
beforeAll(async () => {
  house = await openClientHouse(['openai', 'anthropic'])
})
beforeEach(() => house.reset())
afterAll(() => house?.close())

const openai = () => createOpenAI({ apiKey: 'sk-test-0123456789abcdef', baseURL: house.at('/openai/v1') })
const anthropic = () => createAnthropic({ apiKey: 'sk-ant-test-0123456789', baseURL: house.at('/anthropic/v1') })

const gpt = { provider: 'openai', model: 'gpt-5-mini', responseModel: 'gpt-5-mini-2025-08-07' }
const claude = { provider: 'anthropic', model: 'claude-sonnet-4-6', responseModel: CLAUDE }

const models: [
  name: string,
  model: () => LanguageModel,
  row: object,
  tokens: { whole: object; streamed: object; estimated?: boolean },
][] = [
  [
    'openai, chat completions',
    () => openai().chat('gpt-5-mini'),
    { ...gpt, dialect: 'openai-chat' },
    { whole: { input: 12, output: 5 }, streamed: { input: 12, output: 5 } },
  ],
  [
    'openai, responses',
    () => openai().responses('gpt-5-mini'),
    { ...gpt, dialect: 'openai-responses' },
    {
      whole: { input: 8, cacheRead: 4, output: 3, reasoning: 2 },
      streamed: { input: 8, cacheRead: 4, output: 3, reasoning: 2 },
    },
  ],
  [
    'anthropic',
    () => anthropic()('claude-sonnet-4-6'),
    { ...claude, dialect: 'anthropic-messages' },
    { whole: { input: 10, cacheRead: 4, output: 7 }, streamed: { input: 10, output: 7 } },
  ],
]

describe.each(models)('%s', (_, model, row, tokens) => {
  test('generateText', async () => {
    const { text, usage } = await generateText({ model: model(), prompt: 'Good day?' })
    expect(text).toBe(TEXT)
    expect(usage.outputTokens).toBeGreaterThan(0)
    expect(await house.row()).toMatchObject({
      ...row,
      outcome: 'ok',
      stream: false,
      usage: tokens.whole,
      usageSource: 'provider',
      decodeError: null,
    })
  })

  test('streamText', async () => {
    const result = streamText({ model: model(), prompt: 'Good day?' })
    let said = ''
    for await (const piece of result.textStream) said += piece
    expect([said, await result.finishReason]).toEqual([TEXT, 'stop'])
    expect(await house.row()).toMatchObject({
      ...row,
      outcome: 'ok',
      stream: true,
      usage: tokens.streamed,
      usageSource: 'provider',
      decodeError: null,
    })
  })

  test('a tool is called, and its result sent back: two calls, one after the other', async () => {
    const asked: unknown[] = []
    const weather = tool({
      description: 'The weather in a city',
      inputSchema: z.object({ city: z.string() }),
      execute: (input) => {
        asked.push(input)
        return 'sunny'
      },
    })
    const { text, steps } = await generateText({
      model: model(),
      prompt: 'Sun?',
      tools: { weather },
      stopWhen: isStepCount(3),
    })
    expect([text, steps.length, asked]).toEqual([TEXT, 2, [TOOL_INPUT]])
    expect(house.asked()[1]!.text).toContain('sunny')
    const rows = await house.rows(2)
    expect(rows.map(({ tools, toolCalls }) => ({ tools, toolCalls }))).toEqual([
      { tools: ['weather'], toolCalls: ['weather'] },
      { tools: ['weather'], toolCalls: [] },
    ])
  })

  test('an error of the provider is an APICallError with its status', async () => {
    const body = { type: 'error', ...openaiError('Not today', 'invalid_request_error', 'nope') }
    house.answer(json(body, { status: 400 }))
    const error = await thrownBy(() => generateText({ model: model(), prompt: 'Good day?', maxRetries: 2 }))
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 400, message: 'Not today', responseBody: JSON.stringify(body) })
    expect(await house.row()).toMatchObject({
      ...row,
      responseModel: null,
      outcome: 'error',
      status: 400,
      errorMessage: 'Not today',
    })
  })
})
