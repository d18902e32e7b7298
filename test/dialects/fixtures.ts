/** One small conversation with a tool call, as each dialect writes it: whole, streamed, and as an error. Made by hand. */
import type { Usage } from '../../server/call.ts'

export interface Fixture {
  operation: string
  path: string
  request: unknown
  /** What the request must read as. */
  asked: { model: string | null; roles: string[]; tools: string[]; session?: string; user?: string; maxTokens?: number }
  whole?: unknown
  /** Events of the stream, framed; each entry is one event. */
  stream?: { contentType: string; events: string[] }
  answered: {
    model: string | null
    id: string | null
    finishReason: string | null
    text?: string
    reasoning?: string
    tool?: { name: string; arguments: unknown }
    usage: Usage | null
  }
  error: { body: unknown; code: string; message: string }
}

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const named = (type: string, value: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`
const SSE = 'text/event-stream; charset=utf-8'

const chatUsage = {
  prompt_tokens: 20,
  completion_tokens: 9,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 12 },
  completion_tokens_details: { reasoning_tokens: 4 },
}
const chunk = (delta: object, finish: string | null = null, usage: unknown = null) =>
  data({ id: 'chatcmpl-1', model: 'gpt-5.1', choices: [{ index: 0, delta, finish_reason: finish }], usage })

const openaiChat: Fixture = {
  operation: 'chat',
  path: '/v1/chat/completions',
  request: {
    model: 'gpt-5.1',
    stream: true,
    max_completion_tokens: 50,
    safety_identifier: 'ann',
    prompt_cache_key: 's-1',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Größe? 🌊' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        ],
      },
    ],
    tools: [{ type: 'function', function: { name: 'measure', parameters: { type: 'object' } } }],
  },
  asked: {
    model: 'gpt-5.1',
    roles: ['system', 'user'],
    tools: ['measure'],
    session: 's-1',
    user: 'ann',
    maxTokens: 50,
  },
  whole: {
    id: 'chatcmpl-1',
    model: 'gpt-5.1',
    choices: [
      {
        index: 0,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          reasoning_content: 'Hm.',
          content: 'Zwei Mètres 🌊',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'measure', arguments: '{"what":"sea"}' } }],
        },
      },
    ],
    usage: chatUsage,
  },
  stream: {
    contentType: SSE,
    events: [
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'Hm.' }),
      chunk({ content: 'Zwei Mèt' }),
      ': keep-alive\n\n',
      chunk({ content: 'res 🌊' }),
      chunk({
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'measure', arguments: '{"wh' } }],
      }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: 'at":"sea"}' } }] }),
      chunk({}, 'tool_calls'),
      data({ id: 'chatcmpl-1', model: 'gpt-5.1', choices: [], usage: chatUsage }),
      'data: [DONE]\n\n',
    ],
  },
  answered: {
    model: 'gpt-5.1',
    id: 'chatcmpl-1',
    finishReason: 'tool_calls',
    text: 'Zwei Mètres 🌊',
    reasoning: 'Hm.',
    tool: { name: 'measure', arguments: { what: 'sea' } },
    usage: { input: 8, cacheRead: 12, output: 5, reasoning: 4 },
  },
  error: {
    body: { error: { message: 'No such model', type: 'invalid_request_error', param: null, code: 'model_not_found' } },
    code: 'model_not_found',
    message: 'No such model',
  },
}

const responsesOutput = [
  { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'Zwei Mètres 🌊', annotations: [] }],
  },
  { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'measure', arguments: '{"what":"sea"}' },
]
const responsesWhole = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-5.1',
  output: responsesOutput,
  usage: {
    input_tokens: 20,
    input_tokens_details: { cached_tokens: 12 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 4 },
    total_tokens: 29,
  },
}

const openaiResponses: Fixture = {
  operation: 'responses',
  path: '/v1/responses',
  request: {
    model: 'gpt-5.1',
    stream: true,
    instructions: 'Be brief.',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Größe? 🌊' }] }],
    tools: [{ type: 'function', name: 'measure', parameters: { type: 'object' } }],
    max_output_tokens: 50,
    client_metadata: { session_id: 's-1' },
  },
  asked: { model: 'gpt-5.1', roles: ['system', 'user'], tools: ['measure'], session: 's-1', maxTokens: 50 },
  whole: responsesWhole,
  stream: {
    contentType: SSE,
    events: [
      named('response.created', { response: { ...responsesWhole, status: 'in_progress', output: [], usage: null } }),
      named('response.output_item.added', { output_index: 0, item: { type: 'reasoning', id: 'rs_1', summary: [] } }),
      named('response.reasoning_summary_text.delta', { output_index: 0, delta: 'Hm.' }),
      named('response.output_item.done', { output_index: 0, item: responsesOutput[0] }),
      named('response.output_item.added', {
        output_index: 1,
        item: { type: 'message', id: 'msg_1', role: 'assistant', content: [] },
      }),
      named('response.output_text.delta', { output_index: 1, content_index: 0, delta: 'Zwei Mètres' }),
      named('response.output_text.delta', { output_index: 1, content_index: 0, delta: ' 🌊' }),
      named('response.output_item.done', { output_index: 1, item: responsesOutput[1] }),
      named('response.output_item.added', { output_index: 2, item: { ...responsesOutput[2], arguments: '' } }),
      named('response.function_call_arguments.delta', { output_index: 2, delta: '{"what":"sea"}' }),
      named('response.output_item.done', { output_index: 2, item: responsesOutput[2] }),
      // The ChatGPT backend leaves the output out of the last event: then the items count.
      named('response.completed', { response: { ...responsesWhole, output: [] } }),
    ],
  },
  answered: { ...openaiChat.answered, id: 'resp_1', finishReason: 'completed' },
  error: openaiChat.error,
}

const messagesUsage = { input_tokens: 8, cache_read_input_tokens: 12, cache_creation_input_tokens: 5, output_tokens: 1 }
const messagesEnd = { output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } }

const anthropic: Fixture = {
  operation: 'chat',
  path: '/v1/messages?beta=true',
  request: {
    model: 'claude-sonnet-4-5',
    stream: true,
    max_tokens: 50,
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: 'Größe? 🌊' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_0', name: 'measure', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_0', is_error: true, content: 'no sea here' }],
      },
    ],
    tools: [{ name: 'measure', input_schema: { type: 'object' } }],
    metadata: { user_id: '{"device_id":"d-1","account_uuid":"ann","session_id":"s-1"}' },
  },
  asked: {
    model: 'claude-sonnet-4-5',
    roles: ['system', 'user', 'assistant', 'user'],
    tools: ['measure'],
    session: 's-1',
    user: 'ann',
    maxTokens: 50,
  },
  whole: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    stop_reason: 'tool_use',
    content: [
      { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
      { type: 'text', text: 'Zwei Mètres 🌊' },
      { type: 'tool_use', id: 'toolu_1', name: 'measure', input: { what: 'sea' } },
    ],
    usage: { ...messagesUsage, ...messagesEnd },
  },
  stream: {
    contentType: SSE,
    events: [
      named('message_start', {
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude-sonnet-4-5',
          content: [],
          usage: messagesUsage,
        },
      }),
      named('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '' } }),
      named('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } }),
      named('content_block_delta', { index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } }),
      named('ping', {}),
      named('content_block_start', { index: 1, content_block: { type: 'text', text: '' } }),
      named('content_block_delta', { index: 1, delta: { type: 'text_delta', text: 'Zwei Mètres 🌊' } }),
      named('content_block_stop', { index: 1 }),
      named('content_block_start', {
        index: 2,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'measure', input: {} },
      }),
      named('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: '{"what":' } }),
      named('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: '"sea"}' } }),
      named('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: messagesEnd }),
      named('message_stop', {}),
    ],
  },
  answered: {
    ...openaiChat.answered,
    model: 'claude-sonnet-4-5',
    id: 'msg_1',
    finishReason: 'tool_use',
    usage: { input: 8, cacheRead: 12, cacheWrite: 5, output: 5, reasoning: 4 },
  },
  error: {
    body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
    code: 'overloaded_error',
    message: 'Overloaded',
  },
}

const geminiUsage = {
  promptTokenCount: 20,
  cachedContentTokenCount: 12,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 4,
  totalTokenCount: 29,
}
const candidate = (parts: object[], finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}), index: 0 }],
  modelVersion: 'gemini-2.5-flash',
  responseId: 'r-1',
})
const measure = { functionCall: { name: 'measure', args: { what: 'sea' } } }

const gemini: Fixture = {
  operation: 'chat',
  path: '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
  request: {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'Größe? 🌊' }, { inline_data: { mime_type: 'image/png', data: 'AA==' } }] },
    ],
    tools: [{ functionDeclarations: [{ name: 'measure', parameters: { type: 'object' } }] }, { googleSearch: {} }],
    generationConfig: { maxOutputTokens: 50 },
  },
  asked: { model: 'gemini-2.5-flash', roles: ['system', 'user'], tools: ['measure', 'googleSearch'], maxTokens: 50 },
  whole: {
    ...candidate([{ text: 'Hm.', thought: true }, { text: 'Zwei Mètres 🌊' }, measure], 'STOP'),
    usageMetadata: geminiUsage,
  },
  stream: {
    contentType: 'application/json; charset=UTF-8',
    events: [
      `[${JSON.stringify({ ...candidate([{ text: 'Hm.', thought: true }]), usageMetadata: { promptTokenCount: 20 } })}`,
      `,\r\n${JSON.stringify(candidate([{ text: 'Zwei Mèt' }]))}`,
      `,\r\n${JSON.stringify(candidate([{ text: 'res 🌊' }]))}`,
      `,\r\n${JSON.stringify({ ...candidate([measure], 'STOP'), usageMetadata: geminiUsage })}\n]`,
    ],
  },
  answered: { ...openaiChat.answered, model: 'gemini-2.5-flash', id: 'r-1', finishReason: 'STOP' },
  error: {
    body: { error: { code: 429, message: 'Quota', status: 'RESOURCE_EXHAUSTED' } },
    code: 'RESOURCE_EXHAUSTED',
    message: 'Quota',
  },
}

const openaiEmbeddings: Fixture = {
  operation: 'embeddings',
  path: '/v1/embeddings',
  request: { model: 'text-embedding-3-small', input: ['sea', 'shore'] },
  asked: { model: 'text-embedding-3-small', roles: ['user', 'user'], tools: [] },
  whole: {
    object: 'list',
    model: 'text-embedding-3-small',
    data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
    usage: { prompt_tokens: 4, total_tokens: 4 },
  },
  answered: { model: 'text-embedding-3-small', id: null, finishReason: null, usage: { input: 4 } },
  error: openaiChat.error,
}

const openaiOther: Fixture = {
  operation: 'transcription',
  path: '/v1/audio/transcriptions',
  request: { model: 'gpt-4o-transcribe' },
  asked: { model: 'gpt-4o-transcribe', roles: [], tools: [] },
  whole: {
    text: 'Zwei Mètres 🌊',
    usage: {
      type: 'tokens',
      input_tokens: 20,
      input_token_details: { text_tokens: 2, audio_tokens: 18 },
      output_tokens: 9,
      total_tokens: 29,
    },
  },
  stream: {
    contentType: SSE,
    events: [
      data({ type: 'transcript.text.delta', delta: 'Zwei Mètres' }),
      data({ type: 'transcript.text.delta', delta: ' 🌊' }),
      data({
        type: 'transcript.text.done',
        text: 'Zwei Mètres 🌊',
        usage: {
          type: 'tokens',
          input_tokens: 20,
          input_token_details: { text_tokens: 2, audio_tokens: 18 },
          output_tokens: 9,
        },
      }),
    ],
  },
  answered: {
    model: null,
    id: null,
    finishReason: null,
    text: 'Zwei Mètres 🌊',
    usage: { input: 2, audioInput: 18, output: 9 },
  },
  error: openaiChat.error,
}

const generic: Fixture = {
  operation: 'other',
  path: '/model/some.model/converse',
  request: { messages: [] },
  asked: { model: null, roles: ['request'], tools: [] },
  whole: { output: { message: { role: 'assistant', content: [{ text: 'Two metres' }] } }, stopReason: 'end_turn' },
  answered: { model: null, id: null, finishReason: null, usage: null },
  error: { body: { error: { message: 'No', code: 'nope' } }, code: 'nope', message: 'No' },
}

/** By dialect name: a dialect in the registry without a fixture fails the contract test. */
export const fixtures: Record<string, Fixture> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'openai-embeddings': openaiEmbeddings,
  'openai-other': openaiOther,
  'anthropic-messages': anthropic,
  gemini,
  generic,
}
