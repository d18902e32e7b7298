/**
 * Google's Gemini API and the same on Vertex AI: the model and the method stand in the path.
 * https://ai.google.dev/api/generate-content
 */
import type { Dialect, ErrorShape, Message, RequestFacts, ToolDefinition } from './dialect.ts'
import { createGeminiFold } from './gemini-answer.ts'
import { ENDINGS, toGeminiFormat } from './gemini-quality.ts'
import { readGeminiParts } from './gemini-parts.ts'
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
import { emptyRequest } from './read/parts.ts'
import { createFoldReader } from './read/reader.ts'

const UNDERSTOOD = words(
  'contents content requests systemInstruction system_instruction tools labels model',
  'generationConfig generation_config',
)

/** `models/M:method`, `tunedModels/M:method`, Vertex's `publishers/google/models/M:method` and `endpoints/ID:method`. */
const method = (name: string) => new RegExp(`/(?:models|tunedModels|endpoints)/([^/:]+):${name}$`)
const ALL = ['GET', 'POST', 'PATCH', 'DELETE'] as const

export const gemini: Dialect = {
  name: 'gemini',
  operations: [
    { name: 'chat', path: method('generateContent'), modelInPath: true },
    { name: 'chat', path: method('streamGenerateContent'), modelInPath: true, streamInPath: () => true },
    { name: 'embeddings', path: method('(?:embedContent|batchEmbedContents|embedText)'), modelInPath: true },
    { name: 'count_tokens', path: method('(?:countTokens|computeTokens)'), modelInPath: true, auxiliary: true },
    { name: 'predict', path: method('(?:predict|predictLongRunning)'), modelInPath: true },
    { name: 'batches', path: method('batchGenerateContent'), modelInPath: true, auxiliary: true },
    { name: 'batches', path: /\/batches(\/[^/]+)?$/, methods: ALL, auxiliary: true },
    { name: 'models', path: /\/models(\/[^/:]+)?$/, methods: ['GET'], auxiliary: true },
    { name: 'files', path: /\/files(\/[^/]+)?$/, methods: ALL, auxiliary: true },
    { name: 'caches', path: /\/cachedContents(\/[^/]+)?$/, methods: ALL, auxiliary: true },
    { name: 'file_search', path: /\/fileSearchStores(\/.*)?$/, methods: ALL, auxiliary: true },
    { name: 'operations', path: /\/operations(\/.*)?$/, methods: ALL, auxiliary: true },
  ],
  readRequest: (body, { path }) => readGeminiRequest(asObject(body), path),
  createReader: ({ operation, contentType }) =>
    createFoldReader(createGeminiFold({ operation }), { contentType, arrays: operation === 'chat' }),
  error: geminiError,
  /** Google's SDK takes the error from a piece of the stream that is JSON by itself; a `data:` line would be an empty answer to it. */
  streamError: (shape) => JSON.stringify(geminiError(shape)),
  opening: ({ error }) => (isObject(error) ? 'error' : 'content'),
  quality: { endings: ENDINGS, formats: { generationConfig: toGeminiFormat, generation_config: toGeminiFormat } },
}

function readGeminiRequest(body: Json, path: string): RequestFacts {
  const config = asObject(body.generationConfig ?? body.generation_config)
  const contents = body.contents ?? asObjects(body.requests).map((request) => request.content) ?? []
  const system = toMessages(body.systemInstruction ?? body.system_instruction, 'system')
  const bare = path.split('?', 1)[0]!
  return {
    ...emptyRequest(),
    model: modelOf(bare) ?? asName(body.model)?.replace(/^models\//, '') ?? null,
    stream: bare.endsWith(':streamGenerateContent'),
    messages: [
      ...system.map((message) => ({ ...message, role: 'system' })),
      ...toMessages(contents, 'user'),
      ...toMessages(body.content, 'user'),
    ],
    // Google also takes one tool without the list around it.
    tools: (isObject(body.tools) ? [body.tools] : asObjects(body.tools)).flatMap(toTools),
    maxTokens: asCount(config.maxOutputTokens) ?? asCount(config.max_output_tokens),
    settings: { ...restOf(body, UNDERSTOOD), ...restOf(config, new Set(['maxOutputTokens', 'max_output_tokens'])) },
    metadata: asTags(body.labels),
  }
}

const modelOf = (path: string): string | null => {
  const segment = /\/(?:models|tunedModels|endpoints)\/([^/:]+):/.exec(path)?.[1]
  return segment === undefined ? null : segment.replace(/%3A/gi, ':').replace(/%40/g, '@')
}

/** One content or several; a bare text and a bare list of parts are accepted by Google, too. */
function toMessages(contents: unknown, role: string): Message[] {
  if (contents === undefined || contents === null) return []
  return (Array.isArray(contents) ? asList(contents) : [contents]).map((content) => {
    if (typeof content === 'string') return { role, parts: [{ type: 'text', text: content }] }
    const object = asObject(content)
    return { role: asName(object.role) ?? role, parts: readGeminiParts(object.parts ?? (object.text ? [object] : [])) }
  })
}

/** Function declarations come in one tool; every other field of a tool is one of Google's, with its settings. */
function toTools(tool: Json): ToolDefinition[] {
  return Object.entries(tool).flatMap(([name, value]) => {
    if (name !== 'functionDeclarations' && name !== 'function_declarations') {
      return [
        { name, description: null, schema: isObject(value) && Object.keys(value).length > 0 ? kept(value) : null },
      ]
    }
    return asObjects(value).map((declared) => ({
      name: asText(declared.name) ?? 'unknown',
      description: asText(declared.description),
      schema: kept(declared.parametersJsonSchema ?? declared.parameters_json_schema ?? declared.parameters ?? null),
    }))
  })
}

/** https://cloud.google.com/apis/design/errors#handling_errors */
const STATUSES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

function geminiError({ status, code, message }: ErrorShape) {
  const name = STATUSES[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT')
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'weir' }]
  return { error: { code: status, message, status: name, details } }
}
