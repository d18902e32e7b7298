/** The Responses API. https://platform.openai.com/docs/api-reference/responses-streaming */
import { type Json, meter, type Said, type Turn } from '../turn.ts'
import { openaiError, openaiHeaders } from './openai-common.ts'
import { named, pieces, toSchema, type Wire, type WireEvent } from './wire.ts'

export const openaiResponses: Wire = {
  path: () => '/v1/responses',

  request: (turn) => ({
    model: turn.model,
    instructions: turn.system,
    input: turn.messages.flatMap((said, at) => toItems(said, `${turn.id}${at}`)),
    ...(turn.tools.length > 0 ? { tools: turn.tools.map(toTool), tool_choice: 'auto' } : {}),
    ...turn.settings,
    stream: turn.stream,
  }),

  whole: (turn) => response(turn, 'completed', outputOf(turn)),

  events(turn) {
    const output = outputOf(turn)
    let sequence = 0
    const event = (type: string, data: Json, tokens = 0) =>
      named(type, { ...data, sequence_number: sequence++ }, tokens)
    return [
      event('response.created', { response: response(turn, 'in_progress', []) }),
      event('response.in_progress', { response: response(turn, 'in_progress', []) }),
      ...output.flatMap((item, at) => itemEvents(item, at, event)),
      event('response.completed', { response: response(turn, 'completed', output) }),
    ]
  },

  error: openaiError,
  headers: openaiHeaders,
}

type Item = Json & { type: string; id: string }
type MakeEvent = (type: string, data: Json, tokens?: number) => WireEvent

function itemEvents(item: Item, at: number, event: MakeEvent): WireEvent[] {
  const place = { item_id: item.id, output_index: at }
  const added = event('response.output_item.added', {
    output_index: at,
    item: { ...item, status: 'in_progress', ...emptied(item) },
  })
  return [added, ...deltas(item, place, event), event('response.output_item.done', { output_index: at, item })]
}

function deltas(item: Item, place: Json, event: MakeEvent): WireEvent[] {
  if (item.type === 'function_call') {
    const text = String(item.arguments)
    return [
      ...pieces(text).map((piece) =>
        event('response.function_call_arguments.delta', { ...place, delta: piece.text }, piece.tokens),
      ),
      event('response.function_call_arguments.done', { ...place, arguments: text }),
    ]
  }
  const [kind, where, text] =
    item.type === 'reasoning'
      ? ['reasoning_summary_text', { ...place, summary_index: 0 }, textIn(item.summary)]
      : ['output_text', { ...place, content_index: 0 }, textIn(item.content)]
  return [
    ...pieces(text).map((piece) => event(`response.${kind}.delta`, { ...where, delta: piece.text }, piece.tokens)),
    event(`response.${kind}.done`, { ...where, text }),
  ]
}

const textIn = (parts: unknown): string => (parts as { text: string }[])[0]!.text

const emptied = (item: Item): Json => {
  if (item.type === 'function_call') return { arguments: '' }
  return item.type === 'reasoning' ? { summary: [] } : { content: [] }
}

function outputOf(turn: Turn): Item[] {
  const { text, thinking, calls } = turn.reply
  return toItems({ role: 'assistant', text, thinking, calls }, turn.id) as Item[]
}

function toItems(said: Said, id: string): Json[] {
  if (said.role === 'user')
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: said.text }] }]
  if (said.role === 'tool') return [{ type: 'function_call_output', call_id: said.id, output: said.result }]
  const summary =
    said.thinking === null
      ? []
      : [{ type: 'reasoning', id: `rs_${id}`, summary: [{ type: 'summary_text', text: said.thinking }] }]
  const message =
    said.text === ''
      ? []
      : [
          {
            type: 'message',
            id: `msg_${id}`,
            status: 'completed',
            role: 'assistant',
            content: [{ type: 'output_text', text: said.text, annotations: [] }],
          },
        ]
  const calls = said.calls.map((call) => ({
    type: 'function_call',
    id: `fc_${call.id}`,
    call_id: call.id,
    name: call.name,
    arguments: JSON.stringify(call.arguments),
    status: 'completed',
  }))
  return [...summary, ...message, ...calls]
}

const toTool = ({ name, description, properties }: Turn['tools'][number]): Json => ({
  type: 'function',
  name,
  description,
  strict: false,
  parameters: toSchema(properties),
})

function response(turn: Turn, status: string, output: Json[]): Json {
  const { prompt, cached, output: visible, reasoning } = meter(turn)
  const usage = {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: visible + reasoning,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + visible + reasoning,
  }
  return {
    id: `resp_${turn.id}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status,
    error: null,
    incomplete_details: null,
    model: turn.model,
    output,
    parallel_tool_calls: true,
    service_tier: 'default',
    usage: status === 'completed' ? usage : null,
  }
}
