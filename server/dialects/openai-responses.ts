/**
 * OpenAI's Responses API, over HTTP and over WebSocket (Codex), and the servers that speak it (Azure, OpenRouter, DeepSeek).
 * Over WebSocket each frame is one JSON event: push the frames of one response into a reader made with content type `websocket`.
 * https://platform.openai.com/docs/api-reference/responses
 */
import type { Dialect, ErrorShape, RequestFacts, ToolDefinition } from './dialect.ts'
import { createResponsesFold } from './responses-answer.ts'
import { readInput } from './responses-items.ts'
import {
  asCount,
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
import { toFormat } from './read/format.ts'
import { openaiError } from './read/openai-error.ts'
import { emptyRequest, said } from './read/parts.ts'
import { createFoldReader } from './read/reader.ts'
import { bodySession } from './read/session.ts'

const UNDERSTOOD = words(
  'type model stream input instructions tools max_output_tokens user safety_identifier',
  'metadata client_metadata previous_response_id conversation prompt_cache_key session_id',
)

/** Asking again for a response that was paid for by another call, or for no response at all: its usage is not this call's. */
const UNBILLED = new Set(['retrieve', 'cancel', 'input_tokens', 'warmup'])

export const openaiResponses: Dialect = {
  name: 'openai-responses',
  operations: [
    { name: 'responses', path: /\/responses$/ },
    { name: 'compact', path: /\/responses\/compact$/ },
    { name: 'input_tokens', path: /\/responses\/input_tokens$/, auxiliary: true },
    { name: 'cancel', path: /\/responses\/[^/]+\/cancel$/, auxiliary: true },
    { name: 'retrieve', path: /\/responses\/[^/]+(\/input_items)?$/, methods: ['GET', 'DELETE'], auxiliary: true },
  ],
  readRequest: (body) => readResponsesRequest(asObject(body)),
  createReader: ({ operation, contentType }) =>
    createFoldReader(createResponsesFold({ billed: !UNBILLED.has(operation) }), { contentType }),
  error: openaiError,
  streamError: (shape) => `\n\nevent: response.failed\ndata: ${JSON.stringify(failed(shape))}\n\n${lastError(shape)}`,
  opening: ({ type }) =>
    type === 'error' || type === 'response.failed' ? 'error' : PREFACE.has(type as string) ? 'preface' : 'content',
  quality: {
    endings: { max_output_tokens: 'length', content_filter: 'content_filter' },
    formats: { text: ({ format }) => toFormat(asObject(format)) },
  },
}

const PREFACE: ReadonlySet<string> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'keepalive',
])

/** A WebSocket frame `response.create` holds the request, on some servers under `response`. */
function readResponsesRequest(frame: Json): RequestFacts {
  const body = frame.type === 'response.create' && isObject(frame.response) ? frame.response : frame
  const instructions = asName(body.instructions)
  return {
    ...emptyRequest(),
    model: asName(body.model),
    stream: body.stream === true || frame.type === 'response.create',
    messages: [...(instructions === null ? [] : [said('system', instructions)]), ...readInput(body.input)],
    tools: asObjects(body.tools).flatMap(toTools),
    maxTokens: asCount(body.max_output_tokens),
    settings: restOf(body, UNDERSTOOD),
    user: asName(body.safety_identifier) ?? asName(body.user),
    session: bodySession(body),
    previousId: asName(body.previous_response_id),
    metadata: asTags(body.metadata ?? body.client_metadata),
  }
}

/** A namespace holds tools; built-in tools are their type; an MCP server is its label. */
function toTools(tool: Json): ToolDefinition[] {
  const type = asName(tool.type) ?? 'unknown'
  if (type === 'namespace') return asObjects(tool.tools).flatMap(toTools)
  return [
    {
      name: asName(tool.name) ?? asName(tool.server_label) ?? type,
      description: asText(tool.description),
      schema: kept(tool.parameters ?? tool.format ?? null),
    },
  ]
}

const failed = (shape: ErrorShape) => ({
  type: 'response.failed',
  response: { object: 'response', status: 'failed', output: [], usage: null, error: openaiError(shape).error },
})

/** `response.failed` is for those who read events (Codex, the AI SDK); OpenAI's SDKs throw on `event: error` only. */
const lastError = (shape: ErrorShape): string =>
  `event: error\ndata: ${JSON.stringify({ ...openaiError(shape).error, type: 'error' })}\n\n`
