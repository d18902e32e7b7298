/** The items of a Responses conversation: what goes in as `input` comes out as `output`. */
import type { Message, Part } from './dialect.ts'
import { asJsonText, asList, asName, asObject, asObjects, asText, isObject, type Json } from './read/json.ts'
import {
  cite,
  kindOfMedia,
  mediaFromData,
  mediaFromId,
  mediaFromUrl,
  raw,
  said,
  toolCall,
  write,
} from './read/parts.ts'

/** Fields that hold what a call of a built-in tool asks for, the first that is there. */
const ARGUMENTS = ['arguments', 'input', 'action', 'code', 'queries', 'operation', 'prompt'] as const

/** A text is what a user says. */
export function readInput(input: unknown): Message[] {
  if (typeof input === 'string') return [said('user', input)]
  return readItems(asList(input))
}

/** One message a speaker's turn: reasoning, text and calls of one turn come as items of their own. */
export function readItems(items: unknown[]): Message[] {
  const messages: Message[] = []
  for (const item of items) {
    const object = asObject(item)
    const role = roleOf(object)
    const parts = isObject(item) ? readItem(object) : [raw('item', item)]
    const last = messages.at(-1)
    if (role === 'assistant' && last?.role === role) last.parts.push(...parts)
    else messages.push({ role, parts })
  }
  return messages
}

const roleOf = (item: Json): string => {
  const type = asText(item.type) ?? 'message'
  if (asName(item.role)) return String(item.role)
  return type.endsWith('_output') && item.execution !== 'server' ? 'tool' : 'assistant'
}

function readItem(item: Json): Part[] {
  const type = asName(item.type) ?? 'message'
  if (type === 'message') return readContent(item.content)
  if (type === 'reasoning') return readReasoning(item)
  if (type === 'function_call' || type === 'custom_tool_call') {
    return [toolCall(item, { id: item.call_id ?? item.id, name: item.name, arguments: item.arguments ?? item.input })]
  }
  if (type.endsWith('_call')) return readBuiltIn(type, item)
  if (type.endsWith('_output')) return [toResult(type, item)]
  return [raw(type, item)]
}

/** Summary and text, or neither: then the reasoning is there, encrypted. */
function readReasoning(item: Json): Part[] {
  const parts: Part[] = []
  const pieces = [...asObjects(item.summary), ...asObjects(item.content)]
  const text = pieces.map((piece) => asText(piece.text) ?? '').filter((piece) => piece !== '')
  write(parts, 'reasoning', text.join('\n\n'))
  if (parts.length === 0) parts.push({ type: 'reasoning', text: '', redacted: true })
  return parts
}

/** Tools that the provider runs (web search, MCP …) have their result in the same item; those the client runs do not. */
function readBuiltIn(type: string, item: Json): Part[] {
  const client = ['computer_call', 'local_shell_call', 'shell_call', 'apply_patch_call'].includes(type)
  const server = !client && item.execution !== 'client'
  const field = ARGUMENTS.find((name) => item[name] !== undefined && item[name] !== null)
  const id = asName(item.call_id) ?? asName(item.id)
  const name = asName(item.name) ?? type.replace(/_call$/, '')
  const call = toolCall(item, { id, name, arguments: field && item[field], server })
  const result = resultOf(type, item)
  if (result.length === 0) return [call]
  return [call, { type: 'tool_result', id, name, parts: result, ...(item.error ? { isError: true } : {}) }]
}

function resultOf(type: string, item: Json): Part[] {
  if (type === 'image_generation_call' && asName(item.result))
    return [mediaFromData('image', 'image/png', String(item.result))]
  const parts: Part[] = []
  if (asName(item.output)) write(parts, 'text', String(item.output))
  if (item.error) write(parts, 'text', asJsonText(item.error))
  const results = item.results ?? item.outputs
  if (asList(results).length > 0) parts.push(raw('results', results))
  return parts
}

const toResult = (type: string, item: Json): Part => ({
  type: 'tool_result',
  id: asName(item.call_id) ?? asName(item.id),
  name: /^(function|custom_tool)_call_output$/.test(type) ? null : type.replace(/(_call)?_output$/, ''),
  parts: item.output === undefined ? [raw(type, item.tools ?? item)] : readContent(item.output),
})

/** A text, or a list of input and output pieces. */
function readContent(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (isObject(content)) return [raw(asText(content.type) ?? 'content', content)]
  return asList(content).flatMap((piece) => (isObject(piece) ? readPiece(piece) : [raw('content', piece)]))
}

function readPiece(piece: Json): Part[] {
  const type = asName(piece.type) ?? 'unknown'
  if (type === 'output_text' || type === 'input_text' || type === 'text') {
    const parts: Part[] = [{ type: 'text', text: asText(piece.text) ?? '' }]
    cite(parts, asObjects(piece.annotations))
    return parts
  }
  if (type === 'refusal') return [{ type: 'refusal', text: asText(piece.refusal) ?? '' }]
  if (type === 'reasoning_text' || type === 'summary_text')
    return [{ type: 'reasoning', text: asText(piece.text) ?? '' }]
  // Realtime: what was said, in words.
  if ((type === 'output_audio' || type === 'audio') && asName(piece.transcript))
    return [{ type: 'text', text: String(piece.transcript) }]
  return [toMedia(type, piece)]
}

function toMedia(type: string, piece: Json): Part {
  const kind = type.endsWith('image') ? 'image' : type.endsWith('audio') ? 'audio' : 'file'
  const name = asName(piece.filename)
  const image = isObject(piece.image_url) ? piece.image_url.url : piece.image_url
  const url = asName(image) ?? asName(piece.file_url)
  if (url !== null) return mediaFromUrl(kind, url, name)
  if (asName(piece.file_data)) {
    const data = mediaFromUrl(kind, String(piece.file_data), name)
    return data.type === 'media' && data.data ? { ...data, kind: kindOfMedia(data.mediaType) } : data
  }
  if (asName(piece.file_id)) return mediaFromId(kind, String(piece.file_id), name)
  const audio = asObject(piece.input_audio)
  if (asName(audio.data))
    return mediaFromData('audio', asName(audio.format) && `audio/${String(audio.format)}`, String(audio.data))
  return raw(type, piece)
}
