// What a provider did not say is unknown, not 0: a bucket that nobody counted must not be there, or it would cost nothing.
import { expect, test } from 'vitest'
import { dialectByName } from '../../server/dialects/registry.ts'

const usageOf = (dialect: string, operation: string, body: object) => {
  const reader = dialectByName(dialect).createReader({ operation, contentType: 'application/json' })
  reader.push(Buffer.from(JSON.stringify(body)))
  return reader.end().usage
}

const choices = [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }]

test.each([
  ['openai-chat', 'chat', { choices, usage: { completion_tokens: 5 } }, { output: 5 }],
  ['openai-chat', 'chat', { choices, usage: { completion_tokens: 5, total_tokens: 12 } }, { input: 7, output: 5 }],
  ['openai-chat', 'chat', { choices, usage: { prompt_tokens: 7 } }, { input: 7 }],
  ['openai-responses', 'responses', { output: [], usage: { output_tokens: 5 } }, { output: 5 }],
  ['openai-responses', 'responses', { output: [], usage: { input_tokens: 7 } }, { input: 7 }],
  ['openai-other', 'images', { data: [], usage: { output_tokens: 5 } }, { output: 5 }],
  ['openai-other', 'transcription', { text: 'hi', usage: { input_tokens: 7 } }, { input: 7 }],
  [
    'gemini',
    'chat',
    { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 } },
    { input: 7, output: 0 },
  ],
  ['gemini', 'chat', { candidates: [], usageMetadata: { promptTokenCount: 7 } }, { input: 7 }],
])('%s %s: %j', (dialect, operation, body, usage) => {
  expect(usageOf(dialect, operation, body)).toEqual(usage)
})
