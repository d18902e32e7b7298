/** The content of a Chat Completions message, asked or answered: one text, or a list of blocks of a dozen vendors' types. */
import type { Part } from './dialect.ts'
import { asId, asName, asObjects, asText, isObject, kept, type Json, words } from './read/json.ts'
import { cite, mediaFromData, mediaFromId, mediaFromUrl, raw, toolCall, write } from './read/parts.ts'

/** Fields that are read below, or say nothing that a person would want to see. */
const READ = words(
  'role name content refusal reasoning reasoning_content reasoning_details thinking text',
  'tool_calls function_call tool_call_id annotations audio images channel index',
)

/** All parts of a whole message (or of one with the fields of one). */
export function readChatParts(message: Json): Part[] {
  const parts: Part[] = []
  readReasoning(parts, message)
  readContent(parts, message.content)
  write(parts, 'refusal', asText(message.refusal) ?? '')
  for (const image of asObjects(message.images)) parts.push(toBlock(image))
  if (isObject(message.audio)) parts.push(...toAudio(message.audio))
  cite(parts, asObjects(message.annotations))
  parts.push(...toCalls(message))
  for (const [kind, value] of unknownFields(message)) parts.push(raw(kind, value))
  return parts
}

/** The model's thinking goes by four names; OpenRouter sends two of them with the same text. */
export function readReasoning(parts: Part[], message: Json): void {
  const text = asName(message.reasoning_content) ?? asName(message.reasoning) ?? asName(message.thinking)
  if (text !== null) write(parts, 'reasoning', text)
  for (const detail of asObjects(message.reasoning_details)) {
    if (asName(detail.data)) parts.push({ type: 'reasoning', text: '', redacted: true })
    else if (text === null) write(parts, 'reasoning', asText(detail.text) ?? asText(detail.summary) ?? '')
  }
}

export function readContent(parts: Part[], content: unknown): void {
  if (typeof content === 'string') return write(parts, 'text', content)
  if (!Array.isArray(content)) {
    if (isObject(content)) parts.push(raw('content', content))
    return
  }
  for (const block of content) {
    if (typeof block === 'string') write(parts, 'text', block)
    else if (!isObject(block)) parts.push(raw('content', block))
    else if (block.type === 'text') write(parts, 'text', asText(block.text) ?? '')
    else if (block.type === 'refusal') write(parts, 'refusal', asText(block.refusal) ?? '')
    else if (block.type === 'thinking') write(parts, 'reasoning', thinkingOf(block))
    else parts.push(toBlock(block))
  }
}

/** Mistral nests its thinking in text blocks; others give a text. */
const thinkingOf = (block: Json): string =>
  typeof block.thinking === 'string'
    ? block.thinking
    : asObjects(block.thinking)
        .map((piece) => asText(piece.text) ?? '')
        .join('')

/** `image_url`, `input_audio`, `file` … : the payload stands under the type's name, as an object or a bare URL. */
function toBlock(block: Json): Part {
  const type = asName(block.type) ?? 'unknown'
  const payload = block[type]
  const fields = isObject(payload) ? payload : {}
  const url = asName(payload) ?? asName(fields.url)
  const kind = /^(image|video|audio|document)_url$/.exec(type)?.[1]
  if (kind !== undefined && url !== null) return mediaFromUrl(kind === 'document' ? 'file' : (kind as 'image'), url)
  if (type === 'input_audio' && asName(fields.data)) {
    return mediaFromData('audio', asName(fields.format) && `audio/${String(fields.format)}`, String(fields.data))
  }
  if (type === 'file') {
    const name = asName(fields.filename)
    if (asName(fields.file_data)) return mediaFromUrl('file', String(fields.file_data), name)
    const id = asName(fields.file_id) ?? asName(block.file_id)
    if (id !== null) return mediaFromId('file', id, name)
  }
  return raw(type, block)
}

/** Spoken answers: the sound, and what is said in it. */
export function toAudio(audio: Json): Part[] {
  const parts: Part[] = []
  if (asName(audio.data)) parts.push(mediaFromData('audio', null, String(audio.data)))
  else if (asId(audio.id) && !asName(audio.transcript)) parts.push(mediaFromId('audio', String(audio.id)))
  write(parts, 'text', asText(audio.transcript) ?? '')
  return parts
}

function toCalls(message: Json): Part[] {
  const calls = asObjects(message.tool_calls).map((call) => {
    const made = isObject(call.function) ? call.function : isObject(call.custom) ? call.custom : {}
    return toolCall(call, { id: asId(call.id), name: made.name, arguments: made.arguments ?? made.input })
  })
  if (!isObject(message.function_call)) return calls
  const { name, arguments: args } = message.function_call
  return [...calls, toolCall({}, { id: null, name, arguments: args })]
}

/** What a server adds to a message that nobody here knows, such as Groq's `executed_tools`. */
export function unknownFields(message: Json): [string, unknown][] {
  let found = NONE
  // A stream comes here with each event: nothing is made where there is nothing to tell.
  for (const name in message) {
    const value = message[name]
    if (READ.has(name) || value === null || value === '') continue
    if (found === NONE) found = []
    found.push([name, kept(value)])
  }
  return found
}
const NONE: [string, unknown][] = []
