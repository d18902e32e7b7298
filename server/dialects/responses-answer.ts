/** The answer of the Responses API. https://platform.openai.com/docs/api-reference/responses-streaming */
import type { Usage } from '../call.ts'
import { readItems } from './responses-items.ts'
import { toBareError, toError } from './read/error.ts'
import { emptyAnswer, type Fold } from './read/fold.ts'
import { asCount, asList, asName, asObject, asObjects, asText, isObject, kept, type Json } from './read/json.ts'
import { raw } from './read/parts.ts'
import { splitTotal, toNano } from './read/usage.ts'

/** Events whose delta belongs to an item, and the field of the item that it grows. */
const DELTAS: Record<string, keyof Growing> = {
  'response.output_text.delta': 'text',
  'response.refusal.delta': 'refusal',
  'response.reasoning_text.delta': 'reasoning',
  'response.reasoning_summary_text.delta': 'reasoning',
  'response.function_call_arguments.delta': 'input',
  'response.custom_tool_call_input.delta': 'input',
  'response.mcp_call_arguments.delta': 'input',
  'response.code_interpreter_call_code.delta': 'input',
  'response.output_audio_transcript.delta': 'text',
  // Realtime, before it was generally available:
  'response.audio_transcript.delta': 'text',
  'response.text.delta': 'text',
}

/** What deltas have brought of an item that is not done. */
interface Growing {
  text: string
  refusal: string
  reasoning: string
  input: string
}

const TERMINAL = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'response.done',
])

/** `billed` false: the usage in the answer was paid for by another call; it is kept raw and counted nowhere. */
export function createResponsesFold({ billed }: { billed: boolean }): Fold {
  const answer = emptyAnswer()
  const items = new Map<number, Json>()
  const growing = new Map<number, Growing>()
  let streamed = false
  let terminal = false
  let output: unknown[] = []
  let seen = false

  const readResponse = (response: Json) => {
    answer.id = asName(response.id) ?? answer.id
    answer.model = asName(response.model) ?? answer.model
    answer.serviceTier = asName(response.service_tier) ?? answer.serviceTier
    answer.finishReason =
      asName(asObject(response.incomplete_details).reason) ?? asName(response.status) ?? answer.finishReason
    answer.error = toError(response) ?? answer.error
    if (asList(response.output).length > 0) output = asList(response.output)
    if (!isObject(response.usage)) return
    answer.usageRaw = kept(response.usage)
    if (!billed) return
    answer.usage = toUsage(response.usage, searchesOf(response))
    answer.reportedCostNano = toCost(response.usage)
  }

  const fold = (event: Json, name: string) => {
    streamed = true
    const type = asText(event.type) ?? name
    const at = asCount(event.output_index) ?? Math.max(0, items.size - 1)
    const field = DELTAS[type]
    if (isObject(event.response)) readResponse(event.response)
    if (TERMINAL.has(type)) terminal = true
    else if (type === 'error') answer.error ??= toError(event) ?? toBareError(event)
    else if (type === 'response.output_item.added' || type === 'response.output_item.done') {
      items.set(asCount(event.output_index) ?? items.size, asObject(event.item))
      if (type.endsWith('done')) growing.delete(at)
    } else if (field && asName(event.delta)) {
      seen = true
      const item = growing.get(at) ?? { text: '', refusal: '', reasoning: '', input: '' }
      item[field] += asText(event.delta) ?? ''
      growing.set(at, item)
    }
  }

  return {
    answer,
    event: fold,
    whole(value) {
      const body = asObject(value)
      answer.complete = true
      readResponse(body)
      // Without output it is no response: a count, a list of input items, a deletion.
      if (Array.isArray(body.output)) return
      answer.error ??= toBareError(body)
      if (!answer.error) answer.messages = [{ role: 'response', parts: [raw(asName(body.object) ?? 'answer', value)] }]
    },
    end() {
      if (streamed) answer.complete = terminal
      const indexes = new Set([...items.keys(), ...growing.keys()])
      const collected = [...indexes].sort((a, b) => a - b).map((at) => grow(items.get(at) ?? {}, growing.get(at)))
      const all = output.length > 0 ? output : collected
      if (all.length > 0) answer.messages = readItems(all)
      if (streamed && !terminal && answer.finishReason !== null) answer.finishReason = null
      if (answer.usage) answer.usageSource = answer.complete ? 'provider' : 'partial'
    },
    contentSeen: () => seen,
  }
}

/** An item that was cut off, as far as its deltas came. */
function grow(item: Json, deltas: Growing | undefined): Json {
  if (!deltas) return item
  const content = [
    ...(deltas.text === '' ? [] : [{ type: 'output_text', text: deltas.text }]),
    ...(deltas.refusal === '' ? [] : [{ type: 'refusal', refusal: deltas.refusal }]),
    ...(deltas.reasoning === '' ? [] : [{ type: 'reasoning_text', text: deltas.reasoning }]),
  ]
  const field =
    item.type === 'custom_tool_call' ? 'input' : item.type === 'code_interpreter_call' ? 'code' : 'arguments'
  return {
    ...item,
    ...(content.length > 0 ? { content } : {}),
    ...(deltas.input === '' ? {} : { [field]: deltas.input }),
  }
}

/** `input_tokens` counts cached tokens and `output_tokens` counts reasoning. */
export function toUsage(usage: Json, webSearches: number): Usage | null {
  const input = asCount(usage.input_tokens)
  const output = asCount(usage.output_tokens)
  if (input === null && output === null) return null
  const inside = asObject(usage.input_tokens_details)
  const of = asObject(usage.output_tokens_details)
  return {
    ...splitTotal(input, 'input', [
      ['cacheRead', asCount(inside.cached_tokens)],
      ['cacheWrite', asCount(inside.cache_write_tokens)],
      ['audioInput', asCount(inside.audio_tokens)],
      ['imageInput', asCount(inside.image_tokens)],
    ]),
    ...splitTotal(output, 'output', [
      ['reasoning', asCount(of.reasoning_tokens)],
      ['audioOutput', asCount(of.audio_tokens)],
      ['imageOutput', asCount(of.image_tokens)],
    ]),
    ...(webSearches > 0 ? { webSearches } : {}),
  }
}

/** Newer answers state the billed searches; before that each `search` action is one (opening and finding in a page are free). */
function searchesOf(response: Json): number {
  const stated = asCount(asObject(asObject(response.tool_usage).web_search).num_requests)
  if (stated !== null) return stated
  return asObjects(response.output).filter(
    (item) => item.type === 'web_search_call' && (asObject(item.action).type ?? 'search') === 'search',
  ).length
}

/** OpenRouter: dollars; with one's own upstream key, what that key pays is beside it. */
function toCost(usage: Json): number | null {
  const cost = asCount(usage.cost)
  if (cost === null || usage.is_byok !== true) return toNano(cost)
  return toNano(cost + (asCount(asObject(usage.cost_details).upstream_inference_cost) ?? 0))
}
