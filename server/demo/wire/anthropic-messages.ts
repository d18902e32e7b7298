/** Anthropic's Messages. https://docs.anthropic.com/en/docs/build-with-claude/streaming */
import { type Json, meter, type Said, type Turn } from '../turn.ts'
import { named, pieces, toSchema, type Wire, type WireEvent } from './wire.ts'

const EPHEMERAL = { cache_control: { type: 'ephemeral' } }

export const anthropicMessages: Wire = {
  path: (turn) => (turn.headers['user-agent']?.startsWith('claude-cli') ? '/v1/messages?beta=true' : '/v1/messages'),

  request: (turn) => ({
    model: turn.model,
    max_tokens: 8192,
    ...turn.settings,
    system: [{ type: 'text', text: turn.system, ...(turn.tools.length > 0 ? EPHEMERAL : {}) }],
    messages: turn.messages.map(toMessage),
    ...(turn.tools.length > 0 ? { tools: turn.tools.map(toTool) } : {}),
    stream: turn.stream,
  }),

  whole: (turn) => ({
    ...head(turn),
    content: blocksOf({ role: 'assistant', ...turn.reply }),
    stop_reason: stopOf(turn),
    usage: usageOf(turn),
  }),

  events(turn) {
    const blocks = blocksOf({ role: 'assistant', ...turn.reply })
    const usage = usageOf(turn)
    return [
      named('message_start', {
        message: { ...head(turn), content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
      }),
      named('ping', {}),
      ...blocks.flatMap(blockEvents),
      named('message_delta', {
        delta: { stop_reason: stopOf(turn), stop_sequence: null },
        usage: { output_tokens: usage.output_tokens },
      }),
      named('message_stop', {}),
    ]
  },

  error: ({ type, message }) => ({ type: 'error', error: { type, message }, request_id: null }),
  headers: (turn) => ({ 'request-id': `req_${turn.id}`, 'anthropic-organization-id': 'demo-organization' }),
}

const head = (turn: Turn): Json => ({
  id: `msg_${turn.id}`,
  type: 'message',
  role: 'assistant',
  model: turn.model,
  stop_sequence: null,
})

function blockEvents(block: Json, index: number): WireEvent[] {
  const start = (empty: Json, tokens = 0) => named('content_block_start', { index, content_block: empty }, tokens)
  const delta = (type: string, field: string) => (piece: { text: string; tokens: number }) =>
    named('content_block_delta', { index, delta: { type, [field]: piece.text } }, piece.tokens)
  const stop = named('content_block_stop', { index })
  if (block.type === 'thinking') {
    const signature = named('content_block_delta', {
      index,
      delta: { type: 'signature_delta', signature: block.signature },
    })
    return [
      start({ ...block, thinking: '', signature: '' }),
      ...pieces(String(block.thinking)).map(delta('thinking_delta', 'thinking')),
      signature,
      stop,
    ]
  }
  if (block.type === 'text')
    return [start({ type: 'text', text: '' }), ...pieces(String(block.text)).map(delta('text_delta', 'text')), stop]
  return [
    start({ ...block, input: {} }, 8),
    ...pieces(JSON.stringify(block.input)).map(delta('input_json_delta', 'partial_json')),
    stop,
  ]
}

function toMessage(said: Said): Json {
  if (said.role === 'user') return { role: 'user', content: [{ type: 'text', text: said.text }] }
  if (said.role === 'tool')
    return { role: 'user', content: [{ type: 'tool_result', tool_use_id: said.id, content: said.result }] }
  return { role: 'assistant', content: blocksOf(said) }
}

function blocksOf({ text, thinking, calls }: Omit<Said & { role: 'assistant' }, 'role'> & { role: string }): Json[] {
  return [
    ...(thinking === null
      ? []
      : [{ type: 'thinking', thinking, signature: Buffer.from(thinking.slice(0, 48)).toString('base64') }]),
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...calls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
  ]
}

const toTool = ({ name, description, properties }: Turn['tools'][number]): Json => ({
  name,
  description,
  input_schema: toSchema(properties),
})

function stopOf({ reply }: Turn): string {
  if (reply.fault === 'content_filter') return 'refusal'
  if (reply.cut) return 'max_tokens'
  return reply.calls.length > 0 ? 'tool_use' : 'end_turn'
}

/** What is new in a cached conversation is written to the cache, all but the last bit. */
function usageOf(turn: Turn) {
  const { prompt, cached, output, reasoning } = meter(turn)
  const written = turn.tools.length > 0 ? Math.max(0, prompt - cached - 6) : 0
  return {
    input_tokens: prompt - cached - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    output_tokens: output + reasoning,
    service_tier: 'standard',
  }
}
