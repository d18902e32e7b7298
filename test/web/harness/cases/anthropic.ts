import { bits, sse, START, toAttempt, toCase, toStream } from '../case.ts'
import { PICTURE } from './picture.ts'

const TOOLS = [
  {
    name: 'search_orders',
    description: 'Searches the orders of a customer. Returns at most 20, newest first.',
    input_schema: {
      type: 'object',
      properties: { customer: { type: 'string' }, since: { type: 'string', format: 'date' } },
      required: ['customer'],
    },
  },
  {
    name: 'get_refund_policy',
    description: 'The refund rules that apply to one order.',
    input_schema: {
      type: 'object',
      properties: { order_id: { type: 'string' }, reason: { enum: ['customer_request', 'damaged', 'late'] } },
    },
  },
]
const THOUGHT =
  'The order was delivered nine days ago. The window is 30 days, so it is inside. But fare rules may exclude sale items, and I have not seen them yet: look at the policy before promising anything.'
const SAID =
  "Order **A-5519** was delivered nine days ago, so it is inside the 30-day window. I'll check whether the fare rules allow a full refund before I start one."
const event = (data: { type: string; [name: string]: unknown }) => sse(data, data.type)

const history = [
  { role: 'user', content: 'Hi, this is Ann. I want to send back the shoes I bought.' },
  {
    role: 'assistant',
    content: [{ type: 'text', text: 'Hello Ann! Which order is it? I can look it up by your name, too.' }],
  },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'No idea about the number. This is the box:' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'The label says ann@example.com.', signature: 'EqQB…' },
      { type: 'text', text: 'Thank you, the label is readable.' },
      {
        type: 'tool_use',
        id: 'toolu_01Aa11',
        name: 'search_orders',
        input: { customer: 'ann@example.com', since: '2026-12-01' },
      },
    ],
  },
  {
    role: 'user',
    content: [
      { type: 'tool_result', tool_use_id: 'toolu_01Aa11', is_error: true, content: 'since lies in the future' },
    ],
  },
  {
    role: 'assistant',
    content: [
      {
        type: 'tool_use',
        id: 'toolu_01Bb22',
        name: 'search_orders',
        input: { customer: 'ann@example.com', since: '2026-10-01' },
      },
    ],
  },
  {
    role: 'user',
    content: [
      {
        type: 'tool_result',
        tool_use_id: 'toolu_01Bb22',
        content: [
          { type: 'text', text: '{"orders":[{"id":"A-5519","total":184.20,"state":"delivered","age_days":9}]}' },
        ],
      },
    ],
  },
]

export const anthropic = toCase({
  dialect: 'anthropic-messages',
  path: '/anthropic/v1/messages',
  request: {
    model: 'claude-sonnet-4-5',
    max_tokens: 4096,
    temperature: 0.2,
    stream: true,
    thinking: { type: 'enabled', budget_tokens: 2048 },
    system: [
      {
        type: 'text',
        text: 'You are the refund desk of Shoes & Co.\n\n<rules>\n- Never promise a refund before reading the policy.\n- Answer in the language of the customer.\n</rules>',
        cache_control: { type: 'ephemeral' },
      },
    ],
    tools: TOOLS,
    messages: history,
  },
  response: toStream([
    event({
      type: 'message_start',
      message: {
        id: 'msg_01HkQwXp',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5',
        content: [],
        stop_reason: null,
        usage: { input_tokens: 1214, cache_read_input_tokens: 7198, cache_creation_input_tokens: 0, output_tokens: 1 },
      },
    }),
    event({ type: 'ping' }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } }),
    ...bits(THOUGHT).map((thinking) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } }),
    ),
    event({ type: 'content_block_stop', index: 0 }),
    event({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } }),
    1400,
    ...bits(SAID).map((text) => event({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text } })),
    event({ type: 'content_block_stop', index: 1 }),
    event({
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'tool_use', id: 'toolu_01XkPq7Zt5', name: 'get_refund_policy', input: {} },
    }),
    ...['{"order_id"', ': "A-5519", ', '"reason": "customer_request"}'].map((partial_json) =>
      event({ type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json } }),
    ),
    event({ type: 'content_block_stop', index: 2 }),
    event({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 441 } }),
    event({ type: 'message_stop' }),
  ]),
  call: {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    target: 'anthropic',
    route: 'careful',
    durationMs: 6800,
    sessionId: 'refund-7f2',
    sessionSource: 'conversation',
    turn: 7,
    lane: 'main',
    tags: { feature: 'checkout-agent' },
    team: 'search',
    user: 'ann',
    app: 'anthropic-sdk-typescript 1.12',
    key: 'checkout',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    costNano: 12_416_400,
    listNano: 12_416_400,
    pricedAs: 'anthropic/claude-sonnet-4-5',
    costParts: [
      { bucket: 'input', quantity: 1214, unitNano: 3000, costNano: 3_642_000 },
      { bucket: 'cacheRead', quantity: 7198, unitNano: 300, costNano: 2_159_400 },
      { bucket: 'output', quantity: 441, unitNano: 15000, costNano: 6_615_000 },
    ],
    attempts: [
      toAttempt({
        n: 1,
        target: 'bedrock',
        status: 429,
        durationMs: 80,
        connectMs: 12,
        headersMs: null,
        error: 'rate_limit_error',
        reason: 'first of route careful',
      }),
      toAttempt({
        n: 2,
        target: 'anthropic',
        startedAt: START + 81,
        durationMs: 6719,
        connectMs: 14,
        headersMs: 412,
        reason: null,
      }),
    ],
  },
})
