/** Whatever no dialect knows: passed on like everything else, and kept and shown raw. */
import type { Dialect } from './dialect.ts'
import { toBareError, toError } from './read/error.ts'
import { emptyAnswer, type Fold } from './read/fold.ts'
import { asName, asObject, asObjects, isObject } from './read/json.ts'
import { openaiError } from './read/openai-error.ts'
import { emptyRequest, raw } from './read/parts.ts'
import { createFoldReader } from './read/reader.ts'

/** Events of an unknown stream that are kept; the raw bytes hold the rest. */
const MAX_EVENTS = 1000

export const generic: Dialect = {
  name: 'generic',
  operations: [{ name: 'other', path: /^/, methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] }],
  readRequest: (body) => ({
    ...emptyRequest(),
    model: asName(asObject(body).model),
    stream: isObject(body) && typeof body.stream === 'boolean' ? body.stream : null,
    messages: body === null || body === undefined ? [] : [{ role: 'request', parts: [raw('body', body)] }],
  }),
  createReader: ({ contentType }) => createFoldReader(createRawFold(), { contentType, arrays: true }),
  error: openaiError,
  streamError: () => null,
}

function createRawFold(): Fold {
  const answer = emptyAnswer()
  const events: unknown[] = []
  return {
    answer,
    event(event, name) {
      answer.error ??= toError(event)
      if (events.length < MAX_EVENTS) events.push(name === '' ? event : { event: name, data: event })
    },
    whole(body) {
      answer.complete = true
      const object = asObject(Array.isArray(body) ? asObjects(body)[0] : body)
      answer.error = toError(object) ?? (Object.keys(object).length <= 4 ? toBareError(object) : null)
      answer.model = asName(object.model)
      answer.id = asName(object.id)
      answer.messages = [{ role: 'response', parts: [raw('body', body)] }]
    },
    end() {
      // No end mark is known here: a stream that ended without an error counts as whole.
      if (events.length === 0) return
      answer.complete = answer.error === null
      answer.messages = [{ role: 'response', parts: events.map((event) => raw('event', event)) }]
    },
    contentSeen: () => events.length > 0,
  }
}
