/** What Anthropic, Google and Ollama answer to `asked`, in the shapes of their recordings. */
import { askedTool, TEXT, TOOL_INPUT, WORDS } from './formats-openai.ts'
import { messagesStream } from './provider.ts'

/* eslint-disable @typescript-eslint/no-explicit-any */
type Asked = any

export const CLAUDE = 'claude-sonnet-4-5-20250929'

export function message(asked: Asked) {
  const name = askedTool(asked)
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: CLAUDE,
    content:
      name === null ? [{ type: 'text', text: TEXT }] : [{ type: 'tool_use', id: 'toolu_1', name, input: TOOL_INPUT }],
    stop_reason: name === null ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 4, cache_creation_input_tokens: 0, output_tokens: 7 },
  }
}

export function messageEvents(asked: Asked): string[] {
  const name = askedTool(asked)
  if (name === null) return messagesStream(WORDS)
  const event = (type: string, data: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
  const json = JSON.stringify(TOOL_INPUT)
  const delta = (partial_json: string) =>
    event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json } })
  return [
    messagesStream([])[0]!,
    event('content_block_start', { index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name, input: {} } }),
    event('ping', {}),
    delta(json.slice(0, 6)),
    delta(json.slice(6)),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 7 } }),
    event('message_stop', {}),
  ]
}

/** An error as Anthropic words it. */
export const anthropicError = (type: string, text: string) => ({
  type: 'error',
  error: { type, message: text },
  request_id: 'req_1',
})

const GEMINI = { modelVersion: 'gemini-2.5-flash', responseId: 'g-1' }
const geminiUsage = { promptTokenCount: 12, candidatesTokenCount: 5, thoughtsTokenCount: 3, totalTokenCount: 20 }
const candidate = (part: object, finish: object = {}) => ({
  content: { role: 'model', parts: [part] },
  index: 0,
  ...finish,
})

export function geminiAnswer(asked: Asked) {
  const name = asked.tools?.[0]?.functionDeclarations?.[0]?.name
  const part = name ? { functionCall: { name, args: TOOL_INPUT } } : { text: TEXT }
  return { candidates: [candidate(part, { finishReason: 'STOP' })], usageMetadata: geminiUsage, ...GEMINI }
}

/** Google ends its lines with CRLF. */
export function geminiStream(): string[] {
  const last = WORDS.length - 1
  return WORDS.map((text, i) => {
    const usageMetadata = i === last ? geminiUsage : { promptTokenCount: 12, totalTokenCount: 12 }
    const chunk = {
      candidates: [candidate({ text }, i === last ? { finishReason: 'STOP' } : {})],
      usageMetadata,
      ...GEMINI,
    }
    return `data: ${JSON.stringify(chunk)}\r\n\r\n`
  })
}

/** An error as Google words it. */
export const googleError = (code: number, text: string, status: string) => ({ error: { code, message: text, status } })

/** Ollama's own API: a JSON value a line; whole answers are one line. */
export function ollamaLines(asked: Asked): string[] {
  const line = (content: string, more: object = {}) =>
    `${JSON.stringify({ model: asked.model, created_at: '2026-01-01T00:00:00Z', message: { role: 'assistant', content }, done: false, ...more })}\n`
  const end = {
    done: true,
    done_reason: 'stop',
    total_duration: 9,
    load_duration: 1,
    prompt_eval_count: 12,
    prompt_eval_duration: 1,
    eval_count: 5,
    eval_duration: 1,
  }
  return asked.stream === false ? [line(TEXT, end)] : [...WORDS.map((word) => line(word)), line('', end)]
}
