// The judge's thread: a schema that would run for ever costs its own answer the judgement, and nobody else anything.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createJudging, type Judging } from '../../server/policy/quality/judging.ts'
import type { Question, QualityRule } from '../../server/policy/quality/rules.ts'
import { chatAnswer } from '../support/provider.ts'

const workerUrl = new URL('../../server/policy/quality/worker.ts', import.meta.url)
let judging: Judging
beforeAll(() => void (judging = createJudging({ workerUrl })))
afterAll(() => judging.close())

const ask = (text: string, schema: object, rules: QualityRule[] = ['json']): Question => ({
  dialect: 'openai-chat',
  operation: 'chat',
  contentType: 'application/json',
  rules,
  format: {
    member: 'response_format',
    json: JSON.stringify({ type: 'json_schema', json_schema: { name: 'x', schema } }),
  },
  body: Buffer.from(JSON.stringify(chatAnswer(text))),
})
const endless = ask(JSON.stringify('a'.repeat(64) + '!'), { type: 'string', pattern: '^(a+)+$' })

test('an endless pattern passes unjudged, and the answer behind it is judged by a new thread', async () => {
  const own = createJudging({ workerUrl, limitMs: 3000 })
  const [first, second] = await Promise.all([own.judge(endless), own.judge(ask('7', { type: 'string' }))])
  await own.close()
  expect(first).toMatchObject({ failed: null, note: expect.stringContaining('longer than 3 s') })
  expect(second).toMatchObject({ failed: { rule: 'json', why: expect.stringContaining('must be string') } })
}, 60_000)

test('two schemas with one name are two schemas', async () => {
  const named = (type: string) =>
    ask('7', { $id: 'https://schemas.test/x', $schema: 'http://json-schema.org/draft-07/schema#', type })
  expect((await judging.judge(named('string'))).failed?.why).toContain('must be string')
  expect((await judging.judge(named('integer'))).failed).toBeNull()
}, 60_000)

test.each([
  [
    'gemini',
    'generationConfig',
    {
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { n: { type: 'INTEGER', nullable: true } }, required: ['n'] },
    },
  ],
  [
    'openai-responses',
    'text',
    {
      format: {
        type: 'json_schema',
        schema: { type: 'object', properties: { n: { type: ['integer', 'null'] } }, required: ['n'] },
      },
    },
  ],
  [
    'anthropic-messages',
    'output_config',
    {
      format: {
        type: 'json_schema',
        schema: { type: 'object', properties: { n: { type: ['integer', 'null'] } }, required: ['n'] },
      },
    },
  ],
])(
  '%s says in a way of its own what it wants',
  async (dialect, member, format) => {
    const answers: Record<string, (text: string) => object> = {
      gemini: (text) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }] }),
      'openai-responses': (text) => ({
        object: 'response',
        status: 'completed',
        output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }],
      }),
      'anthropic-messages': (text) => ({
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text }],
        stop_reason: 'end_turn',
      }),
    }
    const judge = (text: string) =>
      judging.judge({
        ...ask('', {}),
        dialect,
        operation: dialect === 'openai-responses' ? 'responses' : 'chat',
        format: { member, json: JSON.stringify(format) },
        body: Buffer.from(JSON.stringify(answers[dialect]!(text))),
      })
    expect((await judge('{"n":null}')).failed).toBeNull()
    expect((await judge('{"n":"x"}')).failed).toMatchObject({ rule: 'json' })
    expect((await judge('{}')).failed?.why).toContain("required property 'n'")
  },
  60_000,
)

test.each([
  [
    'anthropic-messages',
    'length',
    { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'x' }], stop_reason: 'max_tokens' },
  ],
  ['anthropic-messages', 'refusal', { type: 'message', role: 'assistant', content: [], stop_reason: 'refusal' }],
  ['gemini', 'length', { candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'MAX_TOKENS' }] }],
  ['gemini', 'content_filter', { candidates: [{ finishReason: 'SAFETY' }] }],
  ['gemini', 'content_filter', { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }],
  [
    'openai-responses',
    'length',
    { object: 'response', status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] },
  ],
  [
    'openai-responses',
    'refusal',
    {
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }],
    },
  ],
] as const)(
  '%s: %s',
  async (dialect, rule, body) => {
    const asked = {
      ...ask('', {}, [rule]),
      dialect,
      operation: dialect === 'openai-responses' ? 'responses' : 'chat',
      format: null,
    }
    expect((await judging.judge({ ...asked, body: Buffer.from(JSON.stringify(body)) })).failed).toMatchObject({ rule })
  },
  60_000,
)
