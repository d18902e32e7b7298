/** OpenAI's embeddings, and the servers that speak them. Vectors stay in the raw bytes: nobody reads 1,536 numbers. */
import type { Dialect, Message, RequestFacts } from './dialect.ts'
import { readChatUsage } from './openai-chat-usage.ts'
import { toBareError, toError } from './read/error.ts'
import { emptyAnswer, type Fold } from './read/fold.ts'
import { asList, asName, asObject, asTags, isObject, restOf, type Json } from './read/json.ts'
import { openaiError } from './read/openai-error.ts'
import { emptyRequest, raw, said } from './read/parts.ts'
import { createFoldReader } from './read/reader.ts'
import { bodySession } from './read/session.ts'

const UNDERSTOOD = new Set(['model', 'input', 'user', 'metadata'])

export const openaiEmbeddings: Dialect = {
  name: 'openai-embeddings',
  operations: [
    { name: 'embeddings', path: /\/deployments\/([^/]+)\/embeddings$/, modelInPath: true },
    { name: 'embeddings', path: /\/embeddings$/ },
  ],
  readRequest: (body) => readEmbeddingsRequest(asObject(body)),
  createReader: ({ contentType }) => createFoldReader(createEmbeddingsFold(), { contentType }),
  error: openaiError,
  streamError: () => null,
}

const readEmbeddingsRequest = (body: Json): RequestFacts => ({
  ...emptyRequest(),
  model: asName(body.model),
  stream: false,
  messages: toInputs(body.input),
  settings: restOf(body, UNDERSTOOD),
  user: asName(body.user),
  session: bodySession(body),
  metadata: asTags(body.metadata),
})

/** One text, several, or token ids. */
function toInputs(input: unknown): Message[] {
  if (typeof input === 'string') return [said('user', input)]
  const inputs = asList(input)
  if (inputs.length > 0 && inputs.every((text) => typeof text === 'string'))
    return inputs.map((text) => said('user', text))
  return inputs.length === 0 ? [] : [{ role: 'user', parts: [raw('tokens', { inputs: inputs.length })] }]
}

function createEmbeddingsFold(): Fold {
  const answer = emptyAnswer()
  const whole = (value: unknown) => {
    const body = asObject(value)
    answer.complete = true
    answer.model = asName(body.model)
    answer.id = asName(body.id)
    answer.error = toError(body)
    if (isObject(body.usage)) Object.assign(answer, readChatUsage(body.usage), { usageSource: 'provider' })
    if (Array.isArray(body.data))
      answer.messages = [{ role: 'assistant', parts: [raw('embeddings', describe(body.data))] }]
    else answer.error ??= toBareError(body)
  }
  return { answer, event: whole, whole, end: () => {}, contentSeen: () => false }
}

/** How many, and how long; vectors come as numbers or as base64 of 32-bit floats. */
function describe(data: unknown[]) {
  const { embedding } = asObject(data[0])
  const dimensions =
    typeof embedding === 'string' ? Math.floor(Buffer.byteLength(embedding, 'base64') / 4) : asList(embedding).length
  return { count: data.length, dimensions }
}
