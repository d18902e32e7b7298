/**
 * Step `decode`: what request and answer say, read from the captured bytes by the call's dialect. Nothing here throws for odd
 * content: what cannot be read is left out, with a reason in `problem`, and the raw bytes stay as they came.
 * Reasons name sizes and codings, never content: they are stored even where content may not be.
 */
import type { Answer, AnswerReader, Dialect, RequestFacts } from '../dialects/dialect.ts'
import type { JournaledCall } from '../journal/entry.ts'
import { bytesOf, type Body } from './body.ts'
import { header } from './headers.ts'
import { codings, inflateAll } from './inflate.ts'

export interface Decoded {
  request: RequestFacts | null
  answer: Answer | null
  /** Null when the answer did not come as a stream, or never got as far. */
  firstTokenMs: number | null
  problem: string | null
}

export const NOTHING_DECODED: Decoded = { request: null, answer: null, firstTokenMs: null, problem: null }

export interface DecodeInput {
  call: JournaledCall
  dialect: Dialect | null
  request: Body
  response: Body
  /** Bytes that one body may have when decompressed. */
  maxOutput: number
}

export const decode = (input: DecodeInput): Decoded => {
  if (!input.dialect) return NOTHING_DECODED
  const asked = readRequest(input, input.dialect)
  const answered = readAnswer(input, input.dialect)
  return {
    request: asked.facts,
    answer: answered.answer,
    firstTokenMs: answered.firstTokenMs,
    problem: [asked.problem, answered.problem].filter((problem) => problem !== null).join('; ') || null,
  }
}

function readRequest({ call, request, maxOutput }: DecodeInput, dialect: Dialect) {
  const { headers, operation, upstreamPath, path } = call.start
  if (request.captured === 0 || request.captured < request.total) return { facts: null, problem: null }
  const body = bytesOf(request)
  const order = codings(header(headers, 'content-encoding'))
  const plain = order.length === 0 ? { bytes: body, problem: null } : inflateAll(body, order, maxOutput)
  if (plain.problem) return { facts: null, problem: `request: ${plain.problem}` }
  if (!looksLikeJson(header(headers, 'content-type'), plain.bytes)) return { facts: null, problem: null }
  const value = call.start.socket === null ? parsed(plain.bytes) : parsedFrames(plain.bytes)
  if (value === undefined)
    return { facts: null, problem: `request: ${plain.bytes.length} bytes that are not valid JSON` }
  return {
    facts: dialect.readRequest(value, { operation: operation ?? '', path: upstreamPath ?? path }),
    problem: null,
  }
}

function readAnswer({ call, response, maxOutput }: DecodeInput, dialect: Dialect) {
  const headers = answeredHeaders(call)
  const contentType = isWebSocket(call) ? 'websocket' : (header(headers, 'content-type') ?? '')
  if (response.captured === 0 || isBinary(contentType)) return { answer: null, firstTokenMs: null, problem: null }
  const reader = dialect.createReader({ operation: call.start.operation ?? '', contentType })
  const order = codings(header(headers, 'content-encoding'))
  const fed = order.length === 0 ? feed(reader, response) : feedInflated(reader, response, order, maxOutput)
  const answer = reader.end()
  const problem = fed.problem ?? reader.problem
  return {
    answer,
    firstTokenMs: answer.events === null ? null : fed.firstTokenMs,
    problem: problem && `answer: ${problem}`,
  }
}

interface Fed {
  firstTokenMs: number | null
  problem: string | null
}

function feed(reader: AnswerReader, { pieces }: Body): Fed {
  let firstTokenMs: number | null = null
  for (const { bytes, atMs } of pieces) {
    reader.push(bytes)
    if (firstTokenMs === null && reader.contentSeen) firstTokenMs = atMs
  }
  return { firstTokenMs, problem: null }
}

/**
 * Node has no synchronous incremental decompression, so growing beginnings are decompressed until one shows content (mostly
 * within the first pieces), then the whole. The steps grow by a quarter: all beginnings together cost at most five wholes,
 * and the time of the first token is exact for the first eight pieces, at most a quarter late after them.
 */
function feedInflated(reader: AnswerReader, body: Body, order: readonly string[], maxOutput: number): Fed {
  const all = body.pieces.length
  let firstTokenMs: number | null = null
  let read = 0
  for (let count = 1; ; count = Math.min(all, count + Math.max(1, Math.floor((count - 4) / 4)))) {
    const { bytes, problem } = inflateAll(bytesOf(body, count), order, maxOutput)
    if (problem) return { firstTokenMs, problem }
    if (bytes.length > read) reader.push(bytes.subarray(read))
    read = bytes.length
    if (firstTokenMs === null && reader.contentSeen) {
      firstTokenMs = body.pieces[count - 1]?.atMs ?? null
      if (count < all) count = all - 1
    }
    if (count === all) return { firstTokenMs, problem: null }
  }
}

/**
 * The headers that belong to the answer which the client saw. Where Weir answered itself (a timeout, a refusal) they are not
 * those of the upstream, whose encoding would not fit.
 */
export const answeredHeaders = ({ attempts, end }: JournaledCall): string[] | null => {
  if (end?.cache?.headers) return end.cache.headers
  const last = attempts.at(-1)
  return last && (!end || end.status === last.status) ? last.headers : null
}

/** A model response on a socket, or the handshake with what belongs to no response. */
const isWebSocket = ({ start, attempts }: JournaledCall): boolean =>
  start.socket !== null || attempts.at(-1)?.status === 101

/** A missing type is common (curl -d says form-urlencoded): then the first byte decides. */
export function looksLikeJson(contentType: string | null, bytes: Uint8Array): boolean {
  if (contentType?.includes('json')) return true
  if (contentType?.startsWith('multipart/') || isBinary(contentType ?? '')) return false
  return bytes[0] === 0x7b || bytes[0] === 0x5b
}

/**
 * Left raw: no dialect says anything in these, nor in AWS' event frames.
 * (`application/octet-stream` is looked at: some servers send JSON under it.)
 */
export function isBinary(contentType: string): boolean {
  return /^(?:(?:audio|image|video|font|multipart)\/|application\/vnd\.amazon\.eventstream)/i.test(contentType)
}

/**
 * The frames that led to a response, one a line: the one that asks for it says what is asked, and where it names no input, that
 * is the items sent before it (Realtime). Audio and binary frames say nothing that can be read here.
 */
export function parsedFrames(bytes: Uint8Array): unknown {
  const frames = textOf(bytes)
    .split('\n')
    .map(parsed)
    .filter((frame) => frame !== undefined) as ({
    type?: unknown
    item?: unknown
    input?: unknown
    response?: object
  } | null)[]
  const typed = (type: string) => frames.filter((frame) => frame?.type === type)
  const asked = typed('response.create').at(-1)
  const input = typed('conversation.item.create').map((frame) => frame?.item)
  if (asked && input.length > 0 && asked.input === undefined)
    return { ...asked, response: { input, ...asked.response } }
  return asked ?? frames.findLast((frame) => !SILENT.has(String(frame?.type))) ?? (frames.length > 0 ? {} : undefined)
}

const SILENT = new Set(['weir.binary', 'input_audio_buffer.append'])

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

export function parsed(json: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof json === 'string' ? json : textOf(json))
  } catch {
    return undefined
  }
}
