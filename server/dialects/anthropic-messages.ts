/** Anthropic's Messages API, also behind Vertex's `rawPredict` and Bedrock's `invoke`. https://docs.anthropic.com/en/api/messages */
import type { Dialect, ErrorShape, Message, RequestFacts, ToolDefinition } from './dialect.ts'
import { createMessagesFold } from './anthropic-answer.ts'
import { readBlocks } from './anthropic-blocks.ts'
import { asCount, asName, asObject, asObjects, asTags, asText, kept, restOf, type Json } from './read/json.ts'
import { emptyRequest } from './read/parts.ts'
import { toFormat } from './read/format.ts'
import { createFoldReader } from './read/reader.ts'
import { bodySession, claudeCode, claudeUser } from './read/session.ts'

const UNDERSTOOD = new Set(['model', 'stream', 'system', 'messages', 'tools', 'max_tokens', 'metadata'])

const RAW_PREDICT = /\/publishers\/anthropic\/models\/([^/:]+):(?:streamRawPredict|rawPredict)$/
/** Bedrock's InvokeModel takes a body in the model's own format. (Its streams come in AWS event frames and stay raw.) */
const INVOKE = /\/model\/([^/]*anthropic\.[^/]*)\/invoke$/
const FILES = ['GET', 'POST', 'DELETE'] as const

export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  operations: [
    { name: 'chat', path: /\/messages$/ },
    { name: 'count_tokens', path: /\/messages\/count_tokens$/, auxiliary: true },
    { name: 'batches', path: /\/messages\/batches(\/[^/]+(\/(cancel|results))?)?$/, methods: FILES, auxiliary: true },
    { name: 'models', path: /\/models(\/[^/]+)?$/, methods: ['GET'], auxiliary: true },
    { name: 'files', path: /\/files(\/[^/]+(\/content)?)?$/, methods: FILES, auxiliary: true },
    {
      name: 'chat',
      path: RAW_PREDICT,
      modelInPath: true,
      streamInPath: (path) => path.includes(':streamRawPredict'),
    },
    { name: 'chat', path: INVOKE, modelInPath: true, streamInPath: () => false },
  ],
  readRequest: (body, { path }) => readMessagesRequest(asObject(body), path.split('?', 1)[0]!),
  createReader: ({ contentType }) => createFoldReader(createMessagesFold(), { contentType }),
  error: anthropicError,
  streamError: (shape) => `\n\nevent: error\ndata: ${JSON.stringify(anthropicError(shape))}\n\n`,
  opening: ({ type }) => (type === 'error' ? 'error' : PREFACE.has(type as string) ? 'preface' : 'content'),
  quality: {
    endings: { max_tokens: 'length', model_context_window_exceeded: 'length', refusal: 'refusal' },
    formats: { output_format: toFormat, output_config: ({ format }) => toFormat(asObject(format)) },
  },
}

const PREFACE: ReadonlySet<string> = new Set(['message_start', 'ping', 'content_block_start'])

function readMessagesRequest(body: Json, path: string): RequestFacts {
  const metadata = asTags(body.metadata)
  const user = asName(metadata.user_id)
  // What Claude Code packs into `user_id` is taken apart, not shown as a tag.
  if (claudeCode(body.metadata)) delete metadata.user_id
  return {
    ...emptyRequest(),
    model: asName(body.model) ?? modelOf(path),
    stream: body.stream === true || path.endsWith(':streamRawPredict'),
    messages: [...toSystem(body.system), ...asObjects(body.messages).map(toMessage)],
    tools: asObjects(body.tools).map(toTool),
    maxTokens: asCount(body.max_tokens),
    settings: restOf(body, UNDERSTOOD),
    user: user === null ? null : claudeUser(user),
    session: bodySession(body),
    metadata,
  }
}

const modelOf = (path: string): string | null => {
  const segment = (RAW_PREDICT.exec(path) ?? INVOKE.exec(path))?.[1]
  return segment === undefined ? null : segment.replace(/%3A/gi, ':').replace(/%40/g, '@')
}

function toSystem(system: unknown): Message[] {
  const parts = readBlocks(system)
  return parts.length === 0 ? [] : [{ role: 'system', parts }]
}

const toMessage = (message: Json): Message => ({
  role: asText(message.role) ?? 'unknown',
  parts: readBlocks(message.content),
})

/** Tools of one's own have a schema; Anthropic's have a type such as `web_search_20250305`. */
const toTool = (tool: Json): ToolDefinition => ({
  name: asName(tool.name) ?? asName(tool.type) ?? 'unknown',
  description: asText(tool.description),
  schema: kept(tool.input_schema ?? null),
})

/** https://docs.anthropic.com/en/api/errors */
const TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

function anthropicError({ status, code, message }: ErrorShape) {
  const type = TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  return { type: 'error', error: { type, message, details: { error_code: code } } }
}
