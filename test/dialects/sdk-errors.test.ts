// Refusals of Weir's own must raise the classes that people catch: the official SDKs, unmodified, against a server that answers
// with each dialect's error body, and with its stream error after a good beginning.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dialectByName } from '../../server/dialects/registry.ts'
import { fixtures } from './fixtures.ts'

const shape = { status: 429, code: 'rate_limited', message: 'Too many requests: wait 3 s' }
let server: Server
let url: string
let answer: { status: number; contentType: string; pieces: string[] }

beforeEach(async () => {
  server = createServer((_, response) => {
    response.writeHead(answer.status, { 'content-type': answer.contentType, 'x-should-retry': 'false' })
    // A piece a turn of the loop, so that the client sees the error apart from what came before it.
    const next = (at: number) =>
      at < answer.pieces.length
        ? response.write(answer.pieces[at]!, () => setTimeout(next, 20, at + 1))
        : response.end()
    next(0)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => new Promise((resolve) => server.close(resolve)))

const refuse = (dialect: string) => {
  answer = {
    status: 429,
    contentType: 'application/json',
    pieces: [JSON.stringify(dialectByName(dialect).error(shape))],
  }
}

/** The stream's beginning, then the dialect's error. */
const breakOff = (dialect: string, events: string[]) => {
  answer = {
    status: 200,
    contentType: 'text/event-stream',
    pieces: [...events, dialectByName(dialect).streamError(shape)!],
  }
}

const openai = () => new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 })
const anthropic = () => new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 })
const google = () => new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } })
const messages = [{ role: 'user' as const, content: 'hi' }]

async function thrownBy(run: () => Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await run()
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('nothing was thrown')
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

test('openai: a refusal is a RateLimitError with code and message', async () => {
  refuse('openai-chat')
  const error = await thrownBy(() => openai().chat.completions.create({ model: 'm', messages }))
  expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  expect(error).toMatchObject({ status: 429, code: 'rate_limited', type: 'rate_limit_error' })
  expect(error.message).toContain(shape.message)
})

test('openai: a broken chat stream throws an APIError', async () => {
  breakOff('openai-chat', fixtures['openai-chat']!.stream!.events.slice(0, 3))
  const error = await thrownBy(async () =>
    drain(await openai().chat.completions.create({ model: 'm', messages, stream: true })),
  )
  expect(error).toBeInstanceOf(OpenAI.APIError)
  expect(error.message).toContain(shape.message)
})

test('openai: a broken responses stream throws an APIError', async () => {
  breakOff('openai-responses', fixtures['openai-responses']!.stream!.events.slice(0, 3))
  const error = await thrownBy(async () =>
    drain(await openai().responses.create({ model: 'm', input: 'hi', stream: true })),
  )
  expect(error).toBeInstanceOf(OpenAI.APIError)
  expect(error.message).toContain(shape.message)
})

test('anthropic: a refusal is a RateLimitError with type, message and code', async () => {
  refuse('anthropic-messages')
  const error = await thrownBy(() => anthropic().messages.create({ model: 'm', max_tokens: 1, messages }))
  expect(error).toBeInstanceOf(Anthropic.RateLimitError)
  expect(error).toMatchObject({ status: 429, type: 'rate_limit_error', errorCode: 'rate_limited' })
  expect(error.message).toContain(shape.message)
})

test('anthropic: a broken stream throws an APIError', async () => {
  breakOff('anthropic-messages', fixtures['anthropic-messages']!.stream!.events.slice(0, 3))
  const error = await thrownBy(async () =>
    drain(await anthropic().messages.create({ model: 'm', max_tokens: 1, messages, stream: true })),
  )
  expect(error).toBeInstanceOf(Anthropic.APIError)
  expect(error.message).toContain(shape.message)
})

test('google: a refusal is an ApiError with the status', async () => {
  refuse('gemini')
  const error = await thrownBy(() => google().models.generateContent({ model: 'm', contents: 'hi' }))
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: 429 })
  expect(error.message).toContain(shape.message)
})

test('google: a broken stream throws an ApiError', async () => {
  const chunk = `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: 'Zwei' }] } }] })}\r\n\r\n`
  breakOff('gemini', [chunk])
  const error = await thrownBy(async () =>
    drain(await google().models.generateContentStream({ model: 'm', contents: 'hi' })),
  )
  expect(error).toBeInstanceOf(ApiError)
  expect(error.message).toContain(shape.message)
})
