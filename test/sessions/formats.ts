/** One conversation in four wire formats: the body of a request for the first messages, and the body of the answer after them. */
type Chat = Record<string, unknown>
interface ToolCall {
  id: string
  function: { name: string; arguments: string }
}

export interface Format {
  dialect: string
  operation: string
  provider: string
  path: string
  request(messages: Chat[]): unknown
  answer(message: Chat, id: string): unknown
}

const text = ({ content }: Chat): string => (typeof content === 'string' ? content : '')
const callsOf = ({ tool_calls: calls }: Chat): ToolCall[] => (calls as ToolCall[] | undefined) ?? []
const systemOf = (messages: Chat[]): string =>
  messages
    .filter(({ role }) => role === 'system')
    .map(text)
    .join('\n')
const spoken = (messages: Chat[]): Chat[] => messages.filter(({ role }) => role !== 'system')
/** The same JSON, written as another client would: other spaces, members in another order. */
const rewritten = (json: string): string => {
  const value = JSON.parse(json) as Record<string, unknown>
  return JSON.stringify(Object.fromEntries(Object.entries(value).reverse()), null, 1)
}

/** Sends back what it was answered as OpenAI's SDK does: null or absent content, arguments as they came. */
const chat: Format = {
  dialect: 'openai-chat',
  operation: 'chat',
  provider: 'openai',
  path: '/v1/chat/completions',
  request: (messages) => ({
    model: 'gpt-4o',
    messages: messages.map((message) => {
      const { content, ...rest } = message
      return content === null || content === '' ? rest : { ...rest, content }
    }),
  }),
  answer: (message, id) => ({
    id: `chatcmpl-${id}`,
    model: 'gpt-4o',
    choices: [{ index: 0, finish_reason: 'stop', message: { ...message, refusal: null, annotations: [] } }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  }),
}

/** Stateless, as Codex: reasoning comes and is left out, items instead of messages. */
const responses: Format = {
  dialect: 'openai-responses',
  operation: 'responses',
  provider: 'openai',
  path: '/v1/responses',
  request: (messages) => ({
    model: 'gpt-5.1',
    store: false,
    instructions: systemOf(messages),
    input: spoken(messages).flatMap(toItems),
  }),
  answer: (message, id) => ({
    id: `resp_${id}`,
    object: 'response',
    status: 'completed',
    model: 'gpt-5.1',
    output: [
      {
        type: 'reasoning',
        id: `rs_${id}`,
        summary: [{ type: 'summary_text', text: 'Thinking.' }],
        encrypted_content: 'x',
      },
      ...toItems(message),
    ],
    usage: { input_tokens: 100, output_tokens: 10, total_tokens: 110 },
  }),
}

function toItems(message: Chat): unknown[] {
  if (message.role === 'tool')
    return [{ type: 'function_call_output', call_id: message.tool_call_id, output: text(message) }]
  const said = message.role === 'assistant' ? 'output_text' : 'input_text'
  const words =
    text(message) === ''
      ? []
      : [{ type: 'message', role: message.role, content: [{ type: said, text: text(message) }] }]
  const calls = callsOf(message).map(({ id, function: made }) => ({ type: 'function_call', call_id: id, ...made }))
  return [...words, ...calls]
}

/** Cache marks that move along, thinking that is dropped, results in messages of the user. */
const anthropic: Format = {
  dialect: 'anthropic-messages',
  operation: 'chat',
  provider: 'anthropic',
  path: '/v1/messages',
  request: (messages) => {
    const list = spoken(messages).map((message) => ({
      role: message.role === 'assistant' ? 'assistant' : 'user',
      content: toBlocks(message) as Record<string, unknown>[],
    }))
    const last = list.at(-1)?.content.at(-1)
    if (last) last.cache_control = { type: 'ephemeral' }
    return { model: 'claude-sonnet-4-5', max_tokens: 4096, system: systemOf(messages), messages: list }
  },
  answer: (message, id) => ({
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    stop_reason: 'end_turn',
    content: [{ type: 'thinking', thinking: 'Hm.', signature: 'x' }, ...toBlocks(message)],
    usage: { input_tokens: 100, output_tokens: 10 },
  }),
}

function toBlocks(message: Chat): unknown[] {
  if (message.role === 'tool')
    return [{ type: 'tool_result', tool_use_id: message.tool_call_id, content: text(message) }]
  const words = text(message) === '' ? [] : [{ type: 'text', text: text(message) }]
  const calls = callsOf(message).map(({ id, function: made }) => ({
    type: 'tool_use',
    id,
    name: made.name,
    input: JSON.parse(made.arguments) as unknown,
  }))
  return [...words, ...calls]
}

/** No ids of calls; arguments as objects, whose members come back in another order. */
const gemini: Format = {
  dialect: 'gemini',
  operation: 'chat',
  provider: 'google',
  path: '/v1beta/models/gemini-3-pro:generateContent',
  request: (messages) => ({
    systemInstruction: { parts: [{ text: systemOf(messages) }] },
    contents: spoken(messages).map((message) => ({
      role: message.role === 'assistant' ? 'model' : 'user',
      parts: toParts(message, rewritten),
    })),
  }),
  answer: (message, id) => ({
    responseId: id,
    modelVersion: 'gemini-3-pro',
    candidates: [
      {
        index: 0,
        finishReason: 'STOP',
        content: { role: 'model', parts: [{ text: 'Hm.', thought: true }, ...toParts(message, (json) => json)] },
      },
    ],
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 10, totalTokenCount: 110 },
  }),
}

function toParts(message: Chat, write: (json: string) => string): unknown[] {
  if (message.role === 'tool')
    return [{ functionResponse: { name: message.name, response: { result: text(message) } } }]
  const words = text(message) === '' ? [] : [{ text: text(message) }]
  const calls = callsOf(message).map(({ function: made }) => ({
    functionCall: { name: made.name, args: JSON.parse(write(made.arguments)) as unknown },
  }))
  return [...words, ...calls]
}

export const FORMATS: Record<string, Format> = { chat, responses, anthropic, gemini }
