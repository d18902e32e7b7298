/** Chat Completions, and the small differences of those who copied it. https://platform.openai.com/docs/api-reference/chat */
import { type Json, meter, type Said, type Turn } from '../turn.ts'
import { openaiError, openaiHeaders } from './openai-common.ts'
import { pieces, sse, toSchema, type Wire, type WireEvent } from './wire.ts'

/** Where OpenAI's paths live on each provider. */
const BASES: Record<string, string> = { groq: '/openai/v1', deepseek: '', openrouter: '/api/v1' }

/** Providers whose streams end with usage, asked or not. */
const ALWAYS_USAGE = new Set(['mistral', 'groq', 'deepseek', 'ollama'])

/** The field for reasoning that is shown; OpenAI itself hides it. */
const REASONING: Record<string, string> = { groq: 'reasoning', deepseek: 'reasoning_content', ollama: 'reasoning' }

export const openaiChat: Wire = {
  path: (turn) => `${BASES[turn.provider] ?? '/v1'}/chat/completions`,

  request: (turn) => ({
    model: turn.model,
    messages: [{ role: 'system', content: turn.system }, ...turn.messages.map(toMessage)],
    ...(turn.tools.length > 0 ? { tools: turn.tools.map(toTool) } : {}),
    ...turn.settings,
    ...(turn.stream ? { stream: true, ...(turn.asksUsage ? { stream_options: { include_usage: true } } : {}) } : {}),
  }),

  whole: (turn) => ({
    ...head(turn, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: toMessage({ role: 'assistant', ...turn.reply }),
        logprobs: null,
        finish_reason: finishOf(turn),
      },
    ],
    usage: usageOf(turn),
  }),

  events(turn) {
    const chunk = (delta: Json, tokens = 0, finish: string | null = null, more: Json = {}) =>
      sse(
        {
          ...head(turn, 'chat.completion.chunk'),
          choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
          ...more,
        },
        tokens,
      )
    const { text, thinking, calls } = turn.reply
    const always = ALWAYS_USAGE.has(turn.provider)
    return [
      chunk({ role: 'assistant', content: '' }),
      ...thoughts(turn.provider, thinking ?? '', chunk),
      ...pieces(text).map((piece) => chunk({ content: piece.text }, piece.tokens)),
      ...calls.flatMap((call, index) => [
        chunk(
          { tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] },
          8,
        ),
        ...pieces(JSON.stringify(call.arguments)).map((piece) =>
          chunk({ tool_calls: [{ index, function: { arguments: piece.text } }] }, piece.tokens),
        ),
      ]),
      chunk({}, 0, finishOf(turn), always ? { usage: usageOf(turn) } : {}),
      ...(turn.asksUsage && !always
        ? [sse({ ...head(turn, 'chat.completion.chunk'), choices: [], usage: usageOf(turn) })]
        : []),
      { text: 'data: [DONE]\n\n', tokens: 0 },
    ]
  },

  error: openaiError,
  headers: openaiHeaders,
}

function thoughts(provider: string, thinking: string, chunk: (delta: Json, tokens?: number) => WireEvent): WireEvent[] {
  const field = REASONING[provider]
  return pieces(thinking).flatMap((piece) => (field ? [chunk({ [field]: piece.text }, piece.tokens)] : []))
}

const head = (turn: Turn, object: string): Json => ({
  id: `chatcmpl-${turn.id}`,
  object,
  created: Math.floor(Date.now() / 1000),
  model: turn.model,
  service_tier: 'default',
})

function toMessage(said: Said): Json {
  if (said.role === 'user') return { role: 'user', content: said.text }
  if (said.role === 'tool') return { role: 'tool', tool_call_id: said.id, content: said.result }
  const calls = said.calls.map(({ id, name, arguments: args }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }))
  return { role: 'assistant', content: said.text || null, ...(calls.length > 0 ? { tool_calls: calls } : {}) }
}

const toTool = ({ name, description, properties }: Turn['tools'][number]): Json => ({
  type: 'function',
  function: { name, description, parameters: toSchema(properties) },
})

function finishOf({ reply }: Turn): string {
  if (reply.fault === 'content_filter') return 'content_filter'
  if (reply.cut) return 'length'
  return reply.calls.length > 0 ? 'tool_calls' : 'stop'
}

function usageOf(turn: Turn): Json {
  const { prompt, cached, output, reasoning } = meter(turn)
  return {
    prompt_tokens: prompt,
    completion_tokens: output + reasoning,
    total_tokens: prompt + output + reasoning,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}
