/**
 * The one reader under all dialects: bytes in, events or a whole body out to the dialect's fold. It looks at the first bytes
 * rather than trust the content type (errors come as JSON under `text/event-stream`, JSON as `application/octet-stream`), and it
 * never throws: what cannot be read is left out, and `problem` says what and where.
 */
import type { AnswerReader, Part } from '../dialect.ts'
import type { Fold } from './fold.ts'
import { isObject, type Json } from './json.ts'
import { chooseMode, type Mode, type Sink } from './modes.ts'
import { createValueSplitter } from './values.ts'

/** Answers that are meant to be plain text: transcripts, subtitles, session descriptions. */
const PLAIN_TYPES = /^text\/(?!html|event-stream)|^application\/(sdp|x-subrip)/

export interface FoldReaderOptions {
  /** `websocket`: the pushed bytes are JSON frames, one after the other. */
  contentType: string
  /** A body that starts with `[` is a stream whose events are the elements. */
  arrays?: boolean
}

export function createFoldReader(fold: Fold, { contentType, arrays = false }: FoldReaderOptions): AnswerReader {
  const type = contentType.toLowerCase()
  let mode: Mode | null = null
  let head: Buffer = Buffer.alloc(0)
  let events = 0
  let problem: string | null = null

  const attempt = (where: string, what: () => void) => {
    try {
      what()
    } catch (error) {
      problem ??= `${where} could not be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  const show = (part: Part) => {
    fold.answer.complete = true
    fold.answer.messages = [{ role: 'response', parts: [part] }]
  }

  const sink: Sink = {
    event(json, name) {
      events++
      if (json === '[DONE]') return attempt('the end of the stream', () => fold.done?.())
      const value = parse(json)
      if (isObject(value)) attempt(`event ${events}`, () => fold.event(value, name))
      else if (json !== '') problem ??= `event ${events} is not a JSON object: ${excerpt(json)}`
    },
    whole(bytes) {
      const text = bytes.toString('utf8')
      const value = parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
      if (value !== undefined) return attempt('the answer', () => fold.whole(value))
      const lines = splitLines(bytes)
      if (lines.length > 1) for (const line of lines) sink.event(line, '')
      else if (PLAIN_TYPES.test(type)) show({ type: 'text', text })
      else problem ??= `the answer is not JSON, or was cut off: ${excerpt(text)}`
    },
    opaque: (size) => show({ type: 'raw', kind: type, value: { bytes: size } }),
    closed: () => attempt('the end of the stream', () => fold.done?.()),
  }

  const take = (bytes: Uint8Array, last: boolean) => {
    if (mode) return mode.push(bytes)
    head = head.length === 0 ? toBuffer(bytes) : Buffer.concat([head, bytes])
    mode = chooseMode(head, { contentType: type, arrays, last }, sink)
    mode?.push(head)
  }

  return {
    push: (bytes) => attempt('a piece of the answer', () => take(bytes, false)),
    end() {
      if (!mode && head.length > 0) attempt('the answer', () => take(new Uint8Array(0), true))
      attempt('the end of the answer', () => mode?.end())
      attempt('the answer', () => fold.end())
      // A usage object without a count in it says nothing, whoever sent it.
      if (fold.answer.usage === null) fold.answer.usageSource = 'none'
      fold.answer.events = mode?.kind === 'events' || events > 0 ? events : null
      return fold.answer
    },
    get contentSeen() {
      return fold.contentSeen()
    },
    get problem() {
      return problem
    },
  }
}

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Undefined: no JSON. */
function parse(text: string): Json | unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON lines under a content type that does not say so. */
function splitLines(bytes: Uint8Array): string[] {
  const lines: string[] = []
  const splitter = createValueSplitter((json) => lines.push(json), { elements: false })
  splitter.push(bytes)
  splitter.end()
  return lines
}

const excerpt = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
