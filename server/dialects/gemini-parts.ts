/** Gemini's parts, in camelCase as its own SDKs write them and in snake_case as people do. https://ai.google.dev/api/caching#Part */
import type { Part } from './dialect.ts'
import { asJsonText, asList, asName, asObject, asText, isObject, restOf, type Json } from './read/json.ts'
import { kindOfMedia, mediaFromData, raw, toolCall, write } from './read/parts.ts'

/** Marks on a part that say nothing to a reader. */
const MARKS = new Set(['thought', 'thoughtSignature', 'thought_signature', 'videoMetadata', 'video_metadata', 'text'])

/** Adds to `into`, so that a stream's pieces of text become one part. */
export function readGeminiParts(list: unknown, into: Part[] = []): Part[] {
  for (const part of asList(list)) {
    if (isObject(part)) readPart(part, into)
    else into.push(raw('part', part))
  }
  return into
}

function readPart(part: Json, into: Part[]): void {
  if (typeof part.text === 'string') return write(into, part.thought === true ? 'reasoning' : 'text', part.text)
  const read = toPart(part)
  if (read) into.push(read)
}

function toPart(part: Json): Part | null {
  const field = (camel: string, snake: string) => part[camel] ?? part[snake]
  const call = asObject(field('functionCall', 'function_call'))
  if (Object.keys(call).length > 0)
    return toolCall({}, { id: call.id, name: call.name, arguments: call.args ?? call.partialArgs ?? {} })
  const response = asObject(field('functionResponse', 'function_response'))
  if (Object.keys(response).length > 0) return toResult(asName(response.id), asName(response.name), response.response)
  const inline = asObject(field('inlineData', 'inline_data'))
  if (asName(inline.data)) {
    const mediaType = asName(inline.mimeType) ?? asName(inline.mime_type)
    return mediaFromData(kindOfMedia(mediaType), mediaType, String(inline.data), asName(inline.displayName))
  }
  const file = asObject(field('fileData', 'file_data'))
  const url = asName(file.fileUri) ?? asName(file.file_uri)
  if (url !== null) {
    const mediaType = asName(file.mimeType) ?? asName(file.mime_type)
    return { type: 'media', kind: kindOfMedia(mediaType), mediaType, url }
  }
  return toServerTool(part)
}

/** Code execution and Google's own tools, which run on the server. */
function toServerTool(part: Json): Part | null {
  const code = asObject(part.executableCode ?? part.executable_code)
  const server = { server: true }
  if (asText(code.code) !== null)
    return toolCall({}, { id: code.id, name: 'code_execution', arguments: code.code, ...server })
  const outcome = asObject(part.codeExecutionResult ?? part.code_execution_result)
  if (asName(outcome.outcome)) {
    const result = toResult(asName(outcome.id), 'code_execution', asText(outcome.output) ?? '')
    return outcome.outcome === 'OUTCOME_OK' ? result : { ...result, isError: true }
  }
  const call = asObject(part.toolCall ?? part.tool_call)
  if (asName(call.toolType)) return toolCall({}, { id: call.id, name: call.toolType, arguments: call.args, ...server })
  const response = asObject(part.toolResponse ?? part.tool_response)
  if (asName(response.toolType))
    return toResult(asName(response.id), asName(response.toolType), response.response ?? response)
  const rest = restOf(part, MARKS)
  const kind = Object.keys(rest)[0]
  return kind === undefined ? null : raw(kind, rest)
}

function toResult(id: string | null, name: string | null, value: unknown): Extract<Part, { type: 'tool_result' }> {
  const text = asJsonText(value)
  return { type: 'tool_result', id, name, parts: text === '' ? [] : [{ type: 'text', text }] }
}
