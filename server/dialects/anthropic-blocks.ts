/** Anthropic's content blocks, in requests and answers. https://docs.anthropic.com/en/api/messages#body-messages-content */
import type { Part } from './dialect.ts'
import { asJsonText, asList, asName, asObject, asObjects, asText, isObject, type Json } from './read/json.ts'
import { cite, kindOfMedia, mediaFromData, mediaFromId, mediaFromUrl, raw, toolCall } from './read/parts.ts'

/** Tool results hold blocks, which may hold documents with blocks; nobody needs more. */
const MAX_DEPTH = 6

/** A content: one text or a list of blocks. */
export function readBlocks(content: unknown, depth = 0): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (isObject(content)) return [toBlock(content, depth)]
  return asList(content).map((block) => (isObject(block) ? toBlock(block, depth) : raw('content', block)))
}

export function toBlock(block: Json, depth = 0): Part {
  const type = asName(block.type) ?? 'unknown'
  if (depth > MAX_DEPTH) return raw(type, block)
  if (type === 'text') return toText(block)
  if (type === 'thinking') return { type: 'reasoning', text: asText(block.thinking) ?? '' }
  if (type === 'redacted_thinking') return { type: 'reasoning', text: '', redacted: true }
  if (type === 'tool_use') return toolCall(block, { id: block.id, name: block.name, arguments: block.input })
  if (type.endsWith('_tool_use'))
    return toolCall(block, { id: block.id, name: block.name, arguments: block.input, server: true })
  if (type.endsWith('tool_result')) return toResult(type, block, depth)
  if (type === 'image' || type === 'document') return toMedia(type, block, depth)
  return raw(type, block)
}

function toText(block: Json): Part {
  const parts: Part[] = [{ type: 'text', text: asText(block.text) ?? '' }]
  cite(parts, asObjects(block.citations))
  return parts[0]!
}

/** One's own tools: content like a message's. Anthropic's tools (`web_search_tool_result` …): blocks of their own, or an error. */
function toResult(type: string, block: Json, depth: number): Part {
  const content = asObject(block.content)
  return {
    type: 'tool_result',
    id: asName(block.tool_use_id),
    name: type === 'tool_result' || type === 'mcp_tool_result' ? null : type.replace(/_tool_result$/, ''),
    parts: readBlocks(block.content, depth + 1),
    ...(block.is_error === true || asName(content.error_code) ? { isError: true } : {}),
  }
}

/** https://docs.anthropic.com/en/docs/build-with-claude/vision — a source is base64, a link, a file id, text, or blocks. */
function toMedia(type: 'image' | 'document', block: Json, depth: number): Part {
  const source = asObject(block.source)
  const mediaType = asName(source.media_type)
  const kind = type === 'image' ? 'image' : kindOfMedia(mediaType)
  const name = asName(block.title)
  if (source.type === 'base64' && asName(source.data)) return mediaFromData(kind, mediaType, String(source.data), name)
  if (source.type === 'url' && asName(source.url)) return mediaFromUrl(kind, String(source.url), name)
  if (source.type === 'file' && asName(source.file_id)) return mediaFromId(kind, String(source.file_id), name)
  if (source.type === 'text') return { type: 'text', text: asText(source.data) ?? '' }
  if (source.type === 'content') {
    return { type: 'tool_result', id: null, name: name ?? type, parts: readBlocks(source.content, depth + 1) }
  }
  return raw(type, block)
}

/** A block of a stream in the making: its start, and what deltas added. */
export interface OpenBlock {
  part: Part
  /** Of a tool's input; the start holds an empty object in its place. */
  json: string
}

export const openBlock = (start: Json): OpenBlock => ({ part: toBlock(start), json: '' })

/** True when the delta carried content. */
export function foldDelta(block: OpenBlock, delta: Json): boolean {
  const { part } = block
  const text = asName(delta.text) ?? asName(delta.thinking) ?? asName(delta.partial_json)
  if (delta.type === 'text_delta' && part.type === 'text') part.text += text ?? ''
  else if (delta.type === 'thinking_delta' && part.type === 'reasoning') part.text += text ?? ''
  else if (delta.type === 'input_json_delta') block.json += text ?? ''
  else if (delta.type === 'citations_delta') cite([part], [delta.citation])
  else if (delta.type !== 'signature_delta' && part.type === 'raw') part.value = [...asList(part.value), delta]
  return text !== null
}

export function closeBlock({ part, json }: OpenBlock): Part {
  if (json === '') return part
  if (part.type === 'tool_call') return { ...part, arguments: json }
  return part.type === 'raw' ? raw(part.kind, { block: part.value, input: asJsonText(json) }) : part
}
