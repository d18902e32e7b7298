/**
 * The rest of OpenAI's API: files, models, images, audio, moderations, batches, realtime. Recognised by name, and read as far as
 * model, usage and errors go; the rest is kept raw. https://platform.openai.com/docs/api-reference
 */
import type { Usage } from '../call.ts'
import type { Dialect, Operation } from './dialect.ts'
import { toBareError, toError } from './read/error.ts'
import { emptyAnswer, type Fold } from './read/fold.ts'
import { asCount, asList, asName, asObject, asTags, asText, isObject, kept, restOf, type Json } from './read/json.ts'
import { openaiResponses } from './openai-responses.ts'
import { openaiError, openaiStreamError } from './read/openai-error.ts'
import { emptyRequest, raw, said, write } from './read/parts.ts'
import { createFoldReader } from './read/reader.ts'
import { splitTotal } from './read/usage.ts'
import { createRealtimeFold } from './realtime-answer.ts'

const ALL = ['GET', 'POST', 'DELETE'] as const
const UNDERSTOOD = new Set(['model', 'stream', 'input', 'prompt', 'user', 'metadata'])

/** Housekeeping on stored things: `/files`, `/files/ID`, `/files/ID/content` … */
const stored = (name: string, segment = name): Operation => ({
  name,
  path: new RegExp(`/${segment}(/[^/]+){0,4}$`),
  methods: ALL,
  auxiliary: true,
})

export const openaiOther: Dialect = {
  name: 'openai-other',
  operations: [
    { name: 'models', path: /\/models(\/.+)?$/, methods: ['GET', 'DELETE'], auxiliary: true },
    { name: 'images', path: /\/deployments\/([^/]+)\/images\/(?:generations|edits|variations)$/, modelInPath: true },
    { name: 'images', path: /\/images\/(generations|edits|variations)$/ },
    { name: 'speech', path: /\/audio\/speech$/ },
    { name: 'transcription', path: /\/audio\/(transcriptions|translations)$/ },
    { name: 'moderations', path: /\/moderations$/ },
    // A handshake is recognised as what a POST would say; POST itself opens a WebRTC call.
    { name: 'realtime', path: /\/realtime$/, methods: ['GET', 'POST'] },
    { name: 'realtime_session', path: /\/realtime\/(calls|client_secrets|sessions|transcription_sessions)(\/.*)?$/ },
    ...['files', 'uploads', 'batches', 'vector_stores', 'conversations', 'containers', 'videos'].map((name) =>
      stored(name),
    ),
    ...['assistants', 'threads', 'evals', 'chatkit', 'skills', 'prompts'].map((name) => stored(name)),
    stored('fine_tuning', 'fine_tuning/(?:jobs|checkpoints)'),
  ],
  readRequest(body, context) {
    // Its `response.create` asks in the words of the Responses API.
    if (context.operation === 'realtime') return openaiResponses.readRequest(body, context)
    const object = asObject(body)
    const text = asName(object.prompt) ?? asName(object.input)
    return {
      ...emptyRequest(),
      model: asName(object.model),
      stream: object.stream === true,
      messages: text === null ? [] : [said('user', text)],
      settings: restOf(object, UNDERSTOOD),
      user: asName(object.user),
      metadata: asTags(object.metadata),
    }
  },
  createReader: ({ operation, contentType }) =>
    createFoldReader(
      operation === 'realtime' ? createRealtimeFold(toUsage) : createOtherFold({ billed: BILLED.has(operation) }),
      { contentType },
    ),
  error: openaiError,
  streamError: openaiStreamError,
}

/** Operations whose `usage` is their own; a batch's or a file's counts are not. */
const BILLED = new Set(['images', 'transcription', 'speech', 'moderations'])

function createOtherFold({ billed }: { billed: boolean }): Fold {
  const answer = emptyAnswer()
  const text = { role: 'assistant', parts: [] as ReturnType<typeof said>['parts'] }
  let streamed = false
  let done = false

  const readHead = (body: Json) => {
    answer.model = asName(body.model) ?? answer.model
    answer.id = asName(body.id) ?? answer.id
    answer.error ??= toError(body)
    if (!isObject(body.usage)) return
    answer.usageRaw = kept(body.usage)
    if (billed) answer.usage = toUsage(body.usage)
    if (answer.usage) answer.usageSource = 'provider'
  }

  return {
    answer,
    /** `transcript.text.delta`, `image_generation.completed`. */
    event(event, name) {
      streamed = true
      const type = asText(event.type) ?? name
      readHead(isObject(event.response) ? event.response : event)
      if (/(text|transcript)\.delta$/.test(type)) write(text.parts, 'text', asText(event.delta) ?? '')
      if (/\.(done|completed)$/.test(type)) done = true
    },
    whole(value) {
      const body = asObject(value)
      answer.complete = true
      readHead(body)
      if (asName(body.text) && body.object === undefined) write(text.parts, 'text', String(body.text))
      else if (!answer.error && !asList(body.data).some((entry) => asName(asObject(entry).b64_json))) {
        answer.messages = [{ role: 'response', parts: [raw(asName(body.object) ?? 'answer', value)] }]
      }
      if (Object.keys(body).length <= 4) answer.error ??= asName(body.object) ? null : toBareError(body)
    },
    done: () => void (done = true),
    end() {
      if (streamed) answer.complete = done
      if (text.parts.length > 0) answer.messages = [text]
    },
    contentSeen: () => text.parts.length > 0,
  }
}

/** Images and transcription count tokens by kind, in total or (transcription by length) seconds. */
function toUsage(usage: Json): Usage | null {
  const seconds = asCount(usage.seconds)
  if (usage.type === 'duration' && seconds !== null) return { seconds }
  const input = asCount(usage.input_tokens) ?? asCount(usage.prompt_tokens)
  const output = asCount(usage.output_tokens) ?? asCount(usage.completion_tokens)
  if (input === null && output === null) return null
  const inside = asObject(usage.input_token_details ?? usage.input_tokens_details)
  const cached = asObject(inside.cached_tokens_details)
  const cachedAudio = asCount(cached.audio_tokens)
  const cachedTotal = asCount(inside.cached_tokens)
  const audio = asCount(inside.audio_tokens)
  const of = asObject(usage.output_token_details ?? usage.output_tokens_details)
  return {
    ...splitTotal(input, 'input', [
      ['audioCacheRead', cachedAudio],
      ['cacheRead', cachedTotal === null ? null : Math.max(0, cachedTotal - (cachedAudio ?? 0))],
      ['audioInput', audio === null ? null : Math.max(0, audio - (cachedAudio ?? 0))],
      ['imageInput', asCount(inside.image_tokens)],
    ]),
    ...splitTotal(output, 'output', [
      ['audioOutput', asCount(of.audio_tokens)],
      ['imageOutput', asCount(of.image_tokens)],
    ]),
  }
}
