/** Calls that are not plain: failed, running, cut, without price, without content, huge. */
import { openaiChat, openaiTools } from './dialects.ts'
import { anthropic } from './anthropic.ts'
import { START, toAttempt, toCase, type Case } from '../case.ts'
import type { Call } from '../../../../server/call.ts'

const change = (from: Case, call: Partial<Call>, rest: Partial<Case> = {}): Case => ({
  ...from,
  ...rest,
  call: { ...from.call, ...call },
})
const priced = anthropic.call

export const running = change(anthropic, {
  startedAt: START,
  outcome: 'running',
  durationMs: null,
  firstTokenMs: null,
  status: null,
  usage: null,
  usageSource: 'none',
  usageRaw: null,
  costNano: null,
  listNano: null,
  costParts: null,
  costSource: null,
  attempts: [toAttempt({ target: 'anthropic', durationMs: null, status: null, headersMs: null, connectMs: 14 })],
})
export const rateLimited = toCase({
  dialect: 'openai-chat',
  path: '/openai/v1/chat/completions',
  request: { model: 'gpt-5.1', messages: [{ role: 'user', content: 'Hello?' }] },
  response: JSON.stringify({
    error: {
      message:
        'Rate limit reached for gpt-5.1 in organization org-x on tokens per min (TPM): Limit 30000, Used 29871, Requested 412. Please try again in 566ms.',
      type: 'tokens',
      code: 'rate_limit_exceeded',
    },
  }),
  call: {
    outcome: 'error',
    status: 429,
    errorCode: 'rate_limit_exceeded',
    errorMessage: 'Rate limit reached for gpt-5.1',
    durationMs: 214,
    usageSource: 'none',
    attempts: [toAttempt({ status: 429, durationMs: 213, connectMs: null, headersMs: 209 })],
    costSource: null,
  },
})
/** Two targets failed before the third answered. */
export const routed = change(openaiTools, {
  route: 'fast',
  target: 'groq/llama-3.3-70b-versatile',
  durationMs: 4_280,
  attempts: [
    toAttempt({
      n: 1,
      target: 'openai/gpt-5-mini',
      status: 429,
      durationMs: 214,
      headersMs: 210,
      reason: 'the first that is well; it asked for a pause of 60 s',
    }),
    toAttempt({
      n: 2,
      target: 'my-vllm/qwen3-32b',
      status: null,
      startedAt: START + 216,
      durationMs: 3_002,
      connectMs: null,
      headersMs: null,
      error: 'timeout_headers',
      reason: 'openai/gpt-5-mini answered 429',
    }),
    toAttempt({
      n: 3,
      target: 'groq/llama-3.3-70b-versatile',
      startedAt: START + 3_220,
      durationMs: 1_060,
      headersMs: 240,
      reason: 'my-vllm/qwen3-32b gave no headers within 3 s',
    }),
  ],
})
export const cacheHit = change(openaiTools, {
  outcome: 'cache_hit',
  cache: 'hit',
  attempts: [],
  durationMs: 2.1,
  costNano: 0,
  listNano: 0,
  costParts: null,
  costSource: null,
  savedNano: 12_400_000,
  savedMs: 3_400,
  cachedFrom: '01937c5a-8d21-7c3e-b6f4-2a9d51e0c7b8',
})
export const wrongBase = toCase({
  dialect: 'openai-chat',
  path: '/openai/v1/v1/chat/completions',
  request: { model: 'gpt-5.1', messages: [{ role: 'user', content: 'Hello?' }] },
  response: JSON.stringify({
    error: { message: 'Invalid URL (POST /v1/v1/chat/completions)', type: 'invalid_request_error' },
  }),
  call: {
    outcome: 'error',
    status: 404,
    errorCode: 'invalid_request_error',
    errorMessage: 'Invalid URL (POST /v1/v1/chat/completions)',
    durationMs: 98,
    usageSource: 'none',
    hint: 'http://127.0.0.1:9347/openai/v1',
    costSource: null,
  },
})
export const refused = toCase({
  dialect: 'anthropic-messages',
  path: '/anthropic/v1/messages',
  request: { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Go on' }] },
  response: JSON.stringify({
    type: 'error',
    error: {
      type: 'budget_spent',
      message: 'Team search has spent $2,000.00 of $2,000.00 this month; the limit resets on 1 December.',
    },
  }),
  call: {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    outcome: 'refused',
    status: 402,
    errorCode: 'budget_spent',
    errorMessage: 'Team search has spent $2,000.00 of $2,000.00 this month; the limit resets on 1 December.',
    durationMs: 0.6,
    attempts: [],
    usageSource: 'none',
    target: null,
    costSource: null,
  },
})
export const broken = change(
  openaiChat,
  {
    outcome: 'upstream_abort',
    errorCode: 'upstream_reset',
    errorMessage: 'ECONNRESET after 212 events',
    events: 212,
    usageSource: 'partial',
    finishReason: null,
    costNano: null,
    listNano: null,
    costParts: openaiChat.call.costParts!.map((p) =>
      p.bucket === 'reasoning' ? { ...p, unitNano: null, costNano: null } : p,
    ),
  },
  {
    content: { ...openaiChat.content, answer: { ...openaiChat.content.answer!, complete: false, finishReason: null } },
  },
)
export const unpriced = change(openaiTools, {
  provider: 'my-vllm',
  model: 'qwen3-coder',
  responseModel: 'qwen3-coder',
  target: 'my-vllm',
  pricedAs: 'my-vllm/qwen3-coder',
  costSource: null,
  usageSource: 'estimated',
})
export const subscription = change(anthropic, {
  billing: 'subscription',
  costNano: 0,
  listNano: priced.costNano,
  sessionSource: 'metadata.user_id',
})
export const reported = change(openaiTools, {
  provider: 'openrouter',
  target: 'openrouter',
  costNano: 8_410_000,
  listNano: 8_410_000,
  costParts: null,
  costSource: 'reported by openrouter',
})
export const expired = change(
  openaiChat,
  {},
  {
    content: { request: null, answer: null, problem: null, expired: true },
    raw: { request: { ...openaiChat.raw.request, text: null }, response: { ...openaiChat.raw.response, text: null } },
  },
)
export const metadataOnly = change(openaiChat, { capture: 'metadata' })
export const truncated = change(
  openaiChat,
  {
    truncated: true,
    requestBytes: 12_400_000,
    requestSha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  {
    content: {
      ...openaiChat.content,
      request: null,
      problem: 'The request is longer than the capture limit of 8 MiB; its JSON ends in the middle.',
    },
    raw: {
      ...openaiChat.raw,
      request: { ...openaiChat.raw.request, truncated: true, text: openaiChat.raw.request.text!.slice(0, 700) },
    },
  },
)
export const failing: Case = { ...anthropic, fails: 1 }

/** An agent's run of 2 MB: four hundred rounds of tools with long results. */
const line = (i: number) =>
  `${i}: The quick brown fox jumps over the lazy dog, again and again, **until** it \`tires\` of [it](https://example.com/${i}).`
const rounds = Array.from({ length: 400 }, (_, i) => [
  {
    role: 'assistant',
    content: line(i),
    tool_calls: [
      {
        id: `call_${i}`,
        type: 'function',
        function: { name: 'read_file', arguments: JSON.stringify({ path: `src/module-${i}.ts`, from: i }) },
      },
    ],
  },
  {
    role: 'tool',
    tool_call_id: `call_${i}`,
    content: Array.from({ length: 40 }, (_, k) => line(i * 100 + k)).join('\n'),
  },
]).flat()
export const huge = toCase({
  dialect: 'openai-chat',
  path: '/openai/v1/chat/completions',
  request: {
    model: 'gpt-5.1',
    messages: [
      { role: 'system', content: line(0).repeat(300) },
      { role: 'user', content: 'Read everything.' },
      ...rounds,
    ],
  },
  response: JSON.stringify({
    id: 'chatcmpl-h',
    model: 'gpt-5.1',
    choices: [
      {
        index: 0,
        finish_reason: 'stop',
        message: { role: 'assistant', content: `${Array.from({ length: 2000 }, (_, i) => `- ${line(i)}`).join('\n')}` },
      },
    ],
    usage: { prompt_tokens: 520_000, completion_tokens: 40_000 },
  }),
  call: { durationMs: 71_000, turn: 401, sessionId: 'long-run' },
})
