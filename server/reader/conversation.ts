/**
 * What a call said, for its page: the stored bytes read once more by the dialect. Done when somebody looks, so that the database
 * holds bytes and figures only, and a better reader shows old calls better.
 */
import type { ReadDb } from '../../db/engine.ts'
import { getCall } from '../../db/queries/get-call.ts'
import type { Call } from '../call.ts'
import type { Answer, Dialect, RequestFacts } from '../dialects/dialect.ts'
import { dialectByName } from '../dialects/registry.ts'
import { isBinary, looksLikeJson, parsed, parsedFrames } from '../recorder/decode.ts'
import { plainPayload, type PlainPayload } from './payload.ts'

export interface Conversation {
  request: RequestFacts | null
  answer: Answer | null
  /** What could not be read, and why; null: all was. The raw bytes are kept either way. */
  problem: string | null
  /** The content was removed by the retention setting. */
  expired: boolean
}

/** null: there is no such call, or nothing of its content was kept. */
export const conversation = async (db: ReadDb, { id }: { id: string }): Promise<Conversation | null> => {
  const call = await getCall(db, { id })
  if (call === null) return null
  const request = await plainPayload(db, { id, kind: 'request' })
  const response = await plainPayload(db, { id, kind: 'response' })
  if (request === null && response === null) return null
  const dialect = dialectByName(call.dialect ?? 'generic')
  const asked = readRequest(call, dialect, request)
  const answered = readAnswer(call, dialect, response)
  return {
    request: asked.facts,
    answer: answered.answer,
    problem: [asked.problem, answered.problem].filter((problem) => problem !== null).join('; ') || null,
    expired: (request?.expired ?? false) || (response?.expired ?? false),
  }
}

function readRequest(call: Call, dialect: Dialect, body: PlainPayload | null) {
  if (body === null || body.expired) return { facts: null, problem: null }
  if (body.problem !== null) return { facts: null, problem: `request: ${body.problem}` }
  if (call.requestSha256 !== null)
    return { facts: null, problem: 'request: it was larger than what is kept (capture.maxBytes), so it cannot be read' }
  if (body.bytes.length === 0 || !looksLikeJson(body.contentType, body.bytes)) return { facts: null, problem: null }
  const value = isSocket(call) ? parsedFrames(body.bytes) : parsed(body.bytes)
  if (value === undefined)
    return { facts: null, problem: `request: ${body.bytes.length} bytes that are not valid JSON` }
  const facts = dialect.readRequest(value, { operation: call.operation ?? '', path: call.path })
  return { facts, problem: null }
}

function readAnswer(call: Call, dialect: Dialect, body: PlainPayload | null) {
  if (body === null || body.expired) return { answer: null, problem: null }
  if (body.problem !== null) return { answer: null, problem: `answer: ${body.problem}` }
  const contentType = isSocket(call) ? 'websocket' : (body.contentType ?? '')
  if (isBinary(contentType) || body.bytes.length === 0) return { answer: null, problem: null }
  const reader = dialect.createReader({ operation: call.operation ?? '', contentType })
  reader.push(body.bytes)
  const answer = reader.end()
  return { answer, problem: reader.problem && `answer: ${reader.problem}` }
}

/** A model response on a WebSocket, or the handshake with what belongs to no response: stored as frames, one a line. */
const isSocket = (call: Call) => call.method === 'WEBSOCKET' || call.status === 101
