/** What OpenAI answers to `asked`, in the shapes of its recordings. Usage adds up, so that a row can be held against it. */
import { chatAnswer, sse } from './provider.ts'

export const WORDS = ['Hello', ' there.'] as const
export const TEXT = WORDS.join('')
export const TOOL_INPUT = { city: 'Paris' }
const TOOL_JSON = JSON.stringify(TOOL_INPUT)
const MODEL = 'gpt-5-mini-2025-08-07'

/* eslint-disable @typescript-eslint/no-explicit-any */
type Asked = any

/** A tool is called once: when its result is in the conversation, it is time to talk. */
const toolOf = (asked: Asked): string | null =>
  asked.tools && !/"(?:role":"tool|type":"(?:tool_result|function_call_output))"/.test(JSON.stringify(asked))
    ? (asked.tools[0].function?.name ?? asked.tools[0].name)
    : null
export { toolOf as askedTool }

export function chat(asked: Asked) {
  const name = toolOf(asked)
  if (name === null) return chatAnswer(TEXT)
  const call = { id: 'call_1', type: 'function', function: { name, arguments: TOOL_JSON } }
  const message = { role: 'assistant', content: null, tool_calls: [call] }
  return chatAnswer('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] })
}

export function chatEvents(asked: Asked): string[] {
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model: MODEL }
  const chunk = (delta: unknown, finish: string | null = null) =>
    sse({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] })
  const name = toolOf(asked)
  const call = (piece: object) => chunk({ tool_calls: [{ index: 0, ...piece }] })
  const said =
    name === null
      ? [...WORDS.map((content) => chunk({ content })), chunk({}, 'stop')]
      : [
          call({ id: 'call_1', type: 'function', function: { name, arguments: '' } }),
          call({ function: { arguments: TOOL_JSON.slice(0, 5) } }),
          call({ function: { arguments: TOOL_JSON.slice(5) } }),
          chunk({}, 'tool_calls'),
        ]
  const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 }
  const last = asked.stream_options?.include_usage ? [sse({ ...base, choices: [], usage })] : []
  return [chunk({ role: 'assistant', content: '' }), ...said, ...last, sse('[DONE]')]
}

export function response(asked: Asked, status = 'completed') {
  const done = status === 'completed'
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_760_000_000,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    model: MODEL,
    output: done ? [outputItem(asked)] : [],
    parallel_tool_calls: true,
    tools: [],
    usage: done
      ? {
          input_tokens: 12,
          input_tokens_details: { cached_tokens: 4 },
          output_tokens: 5,
          output_tokens_details: { reasoning_tokens: 2 },
          total_tokens: 17,
        }
      : null,
  }
}

function outputItem(asked: Asked) {
  const name = toolOf(asked)
  if (name !== null)
    return { type: 'function_call', id: 'fc_1', call_id: 'call_1', status: 'completed', name, arguments: TOOL_JSON }
  const content = [{ type: 'output_text', text: TEXT, annotations: [], logprobs: [] }]
  return { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content }
}

export function responseEvents(asked: Asked): string[] {
  let number = 0
  const event = (type: string, data: object) => `event: ${type}\n${sse({ type, sequence_number: number++, ...data })}`
  const item = outputItem(asked)
  const at = { item_id: item.id, output_index: 0 }
  const begun =
    item.type === 'message'
      ? { ...item, status: 'in_progress', content: [] }
      : { ...item, status: 'in_progress', arguments: '' }
  const part = { type: 'output_text', text: TEXT, annotations: [], logprobs: [] }
  const said =
    item.type === 'message'
      ? [
          event('response.content_part.added', { ...at, content_index: 0, part: { ...part, text: '' } }),
          ...WORDS.map((delta) =>
            event('response.output_text.delta', { ...at, content_index: 0, delta, logprobs: [] }),
          ),
          event('response.output_text.done', { ...at, content_index: 0, text: TEXT, logprobs: [] }),
          event('response.content_part.done', { ...at, content_index: 0, part }),
        ]
      : [
          event('response.function_call_arguments.delta', { ...at, delta: TOOL_JSON }),
          event('response.function_call_arguments.done', { ...at, arguments: TOOL_JSON }),
        ]
  return [
    event('response.created', { response: response(asked, 'in_progress') }),
    event('response.output_item.added', { output_index: 0, item: begun }),
    ...said,
    event('response.output_item.done', { output_index: 0, item }),
    event('response.completed', { response: response(asked) }),
  ]
}

/** Official clients ask for base64 and decode it: four bytes a number, little end first. */
export function embeddings(asked: Asked) {
  const numbers = Float32Array.of(0.25, -0.5)
  const embedding = asked.encoding_format === 'base64' ? Buffer.from(numbers.buffer).toString('base64') : [...numbers]
  const data = [asked.input].flat().map((_, index) => ({ object: 'embedding', index, embedding }))
  return { object: 'list', model: asked.model, data, usage: { prompt_tokens: 4, total_tokens: 4 } }
}

export const file = (body: Buffer) => ({
  id: 'file-1',
  object: 'file',
  bytes: body.length,
  created_at: 1_760_000_000,
  filename: /filename="([^"]+)"/.exec(body.toString('latin1'))?.[1],
  purpose: 'batch',
  status: 'processed',
})

/** An error as OpenAI words it. */
export const openaiError = (message: string, type: string, code: string | null) => ({
  error: { message, type, param: null, code },
})
