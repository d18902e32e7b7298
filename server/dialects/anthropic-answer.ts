/** The answer of the Messages API, whole or streamed. https://docs.anthropic.com/en/docs/build-with-claude/streaming */
import type { Usage } from '../call.ts'
import { closeBlock, foldDelta, openBlock, readBlocks, type OpenBlock } from './anthropic-blocks.ts'
import { toError } from './read/error.ts'
import { emptyAnswer, type Fold } from './read/fold.ts'
import { asCount, asName, asObject, asText, isObject, kept, restOf, type Json } from './read/json.ts'
import { raw } from './read/parts.ts'
import { splitTotal } from './read/usage.ts'

const NOTHING: ReadonlySet<string> = new Set()

export function createMessagesFold(): Fold {
  const answer = emptyAnswer()
  const blocks = new Map<number, OpenBlock>()
  let role = 'assistant'
  let usage: Json | null = null
  let started = false
  let stopped = false
  let seen = false

  const readHead = (message: Json) => {
    answer.id = asName(message.id) ?? answer.id
    answer.model = asName(message.model) ?? answer.model
    answer.finishReason = asName(message.stop_reason) ?? answer.finishReason
    role = asName(message.role) ?? role
  }

  /** Later figures replace earlier ones, nulls do not: the delta repeats the start's counts on some servers, on others not. */
  const readUsage = (piece: unknown) => {
    if (isObject(piece)) usage = { ...usage, ...restOf(piece, NOTHING) }
  }

  const whole = (value: unknown) => {
    const body = asObject(value)
    answer.complete = true
    answer.error = toError(body)
    if (body.type !== 'message' && !Array.isArray(body.content)) {
      if (!answer.error) answer.messages = [{ role: 'assistant', parts: [raw(asText(body.type) ?? 'answer', value)] }]
      answer.id = asName(body.id)
      return
    }
    readHead(body)
    readUsage(body.usage)
    answer.messages = [{ role, parts: readBlocks(body.content) }]
  }

  return {
    answer,
    event(event, name) {
      const type = asText(event.type) ?? name
      const index = asCount(event.index) ?? blocks.size
      if (type === 'message_start') {
        started = true
        readHead(asObject(event.message))
        readUsage(asObject(event.message).usage)
      } else if (type === 'content_block_start') {
        const block = asObject(event.content_block)
        blocks.set(index, openBlock(block))
        if (asName(block.text) ?? asName(block.thinking)) seen = true
      } else if (type === 'content_block_delta') {
        const block = blocks.get(index)
        if (block && foldDelta(block, asObject(event.delta))) seen = true
      } else if (type === 'message_delta') {
        readHead(asObject(event.delta))
        readUsage(event.usage)
      } else if (type === 'message_stop') stopped = true
      else if (type === 'error')
        answer.error ??= toError(event) ?? { code: null, message: JSON.stringify(event).slice(0, 500) }
    },
    whole,
    end() {
      if (started || blocks.size > 0) {
        answer.messages = [{ role, parts: [...blocks.values()].map(closeBlock) }]
        answer.complete = stopped
      }
      if (!usage) return
      answer.usage = toUsage(usage)
      answer.usageRaw = kept(usage)
      answer.serviceTier = asName(usage.service_tier)
      // The last usage comes with the stop reason; before it `output_tokens` is a placeholder of a few tokens.
      answer.usageSource = answer.complete || answer.finishReason !== null ? 'provider' : 'partial'
    },
    contentSeen: () => seen,
  }
}

/** `input_tokens` counts neither cache reads nor writes; `output_tokens` counts thinking. */
export function toUsage(usage: Json): Usage | null {
  const input = asCount(usage.input_tokens)
  const output = asCount(usage.output_tokens)
  if (input === null && output === null) return null
  const result: Usage = input === null ? {} : { input }
  const read = asCount(usage.cache_read_input_tokens)
  if (read !== null) result.cacheRead = read
  Object.assign(result, toCacheWrites(usage))
  if (output !== null) {
    const thinking = asCount(asObject(usage.output_tokens_details).thinking_tokens)
    Object.assign(result, splitTotal(output, 'output', [['reasoning', thinking]]))
  }
  const searches = asCount(asObject(usage.server_tool_use).web_search_requests)
  if (searches) result.webSearches = searches
  return result
}

/** The total, and its split by how long the cache lives where the server gives it. */
function toCacheWrites(usage: Json): Usage {
  const split = asObject(usage.cache_creation)
  const hour = asCount(split.ephemeral_1h_input_tokens)
  const total = asCount(usage.cache_creation_input_tokens) ?? sum(asCount(split.ephemeral_5m_input_tokens), hour)
  return total === null ? {} : splitTotal(total, 'cacheWrite', [['cacheWrite1h', hour]])
}

const sum = (a: number | null, b: number | null): number | null =>
  a === null && b === null ? null : (a ?? 0) + (b ?? 0)
