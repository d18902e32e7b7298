/**
 * OpenAI Chat Completions, its legacy Completions, and the many servers that speak them (Groq, Mistral, OpenRouter, DeepSeek,
 * Together, Cerebras, Hugging Face, Z.ai, Ollama, vLLM, Azure deployments). https://platform.openai.com/docs/api-reference/chat
 */
import type { Dialect, Message, Part, RequestFacts, ToolDefinition } from './dialect.ts'
import { createChatFold } from './openai-chat-answer.ts'
import { readChatParts } from './openai-chat-parts.ts'
import { toFormat } from './read/format.ts'
import { openaiError, openaiStreamError } from './read/openai-error.ts'
import { bodySession } from './read/session.ts'
import {
  asCount,
  asList,
  asName,
  asObject,
  asObjects,
  asTags,
  asText,
  isObject,
  kept,
  restOf,
  type Json,
  words,
} from './read/json.ts'
import { emptyRequest, raw, said } from './read/parts.ts'
import { createFoldReader } from './read/reader.ts'

/** Fields that have a place of their own in RequestFacts; all others are settings. */
const UNDERSTOOD = words(
  'model stream messages prompt tools functions max_tokens max_completion_tokens user',
  'metadata previous_response_id conversation prompt_cache_key safety_identifier session_id',
)

export const openaiChat: Dialect = {
  name: 'openai-chat',
  operations: [
    { name: 'chat', path: /\/deployments\/([^/]+)\/chat\/completions$/, modelInPath: true },
    { name: 'completions', path: /\/deployments\/([^/]+)\/completions$/, modelInPath: true },
    { name: 'chat', path: /\/chat\/completions$/ },
    { name: 'completions', path: /\/v1\/completions$|^\/completions$/ },
    { name: 'stored_chat', path: /\/chat\/completions\/[^/]+(\/messages)?$/, methods: ['GET'], auxiliary: true },
  ],
  readRequest: (body) => readChatRequest(asObject(body)),
  createReader: ({ operation, contentType }) =>
    createFoldReader(createChatFold({ billed: operation !== 'stored_chat' }), { contentType }),
  error: openaiError,
  streamError: openaiStreamError,
  opening(data) {
    if (isObject(data.error)) return 'error'
    return asObjects(data.choices).every(isEmptyChoice) ? 'preface' : 'content'
  },
  quality: {
    endings: { length: 'length', model_length: 'length', content_filter: 'content_filter' },
    formats: { response_format: toFormat },
  },
}

/** The first chunk says the role, and Azure's says what its filters found: neither is a part of the answer. */
function isEmptyChoice(choice: Json): boolean {
  if (choice.finish_reason != null || asText(choice.text)) return false
  return Object.entries(asObject(choice.delta)).every(
    ([name, value]) => name === 'role' || value == null || value === '',
  )
}

function readChatRequest(body: Json): RequestFacts {
  return {
    ...emptyRequest(),
    model: asName(body.model),
    stream: body.stream === true,
    messages: [...asObjects(body.messages).map(toMessage), ...toPrompts(body.prompt)],
    tools: [
      ...asObjects(body.tools).map(toTool),
      ...asObjects(body.functions).map((tool) => toTool({ function: tool })),
    ],
    maxTokens: asCount(body.max_completion_tokens) ?? asCount(body.max_tokens),
    settings: restOf(body, UNDERSTOOD),
    user: asName(body.safety_identifier) ?? asName(body.user),
    session: bodySession(body),
    previousId: asName(body.previous_response_id),
    metadata: asTags(body.metadata),
  }
}

function toMessage(message: Json): Message {
  const role = asText(message.role) ?? 'unknown'
  const parts = readChatParts(message)
  const name = asName(message.name)
  const said: Message = { role, parts: isResult(role) ? [toResult(message, parts)] : parts }
  return name === null ? said : { ...said, name }
}

const isResult = (role: string) => role === 'tool' || role === 'function'

const toResult = (message: Json, parts: Part[]): Part => ({
  type: 'tool_result',
  id: asName(message.tool_call_id),
  name: asName(message.name),
  parts,
})

/** Legacy Completions: one prompt, several, or token ids. */
function toPrompts(prompt: unknown): Message[] {
  if (prompt === undefined || prompt === null) return []
  if (typeof prompt === 'string') return [said('user', prompt)]
  const texts = asList(prompt)
  if (texts.every((text) => typeof text === 'string')) return texts.map((text) => said('user', text as string))
  return [{ role: 'user', parts: [raw('prompt', prompt)] }]
}

/** `function` and `custom` tools carry their definition under their type; built-in tools are their type. */
function toTool(tool: Json): ToolDefinition {
  const type = asName(tool.type) ?? 'function'
  const definition = isObject(tool.function) ? tool.function : isObject(tool[type]) ? tool[type] : tool
  return {
    name: asName(definition.name) ?? type,
    description: asText(definition.description),
    schema: kept(definition.parameters ?? definition.format ?? null),
  }
}
