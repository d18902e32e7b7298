/** The ways an answer's bytes can be framed, and how to tell them apart by the first bytes. */
import { StringDecoder } from 'node:string_decoder'
import { createParser } from 'eventsource-parser'
import { createValueSplitter } from './values.ts'

/** Reads one framing: fed with bytes in order, ended once. */
export interface Mode {
  kind: 'events' | 'whole' | 'bytes'
  push(bytes: Uint8Array): void
  end(): void
}

/** Where the modes hand what they have put together. */
export interface Sink {
  event(json: string, name: string): void
  whole(bytes: Buffer): void
  /** A body that is not text at all: audio, an image. Only its size is known. */
  opaque(size: number): void
  /** A stream's own end mark in its framing: the closing bracket of an array. */
  closed(): void
}

const LINE_TYPES = /ndjson|jsonl|jsonlines|json-seq|stream\+json|websocket/
const OPAQUE_TYPES = /^(audio|image|video)\/|octet-stream|^application\/(zip|pdf|x-)/
const SSE_START = /^(:|(data|event|id|retry)\s*(:|$|\r|\n))/
/** Enough to see an SSE field name and its colon. */
const HEAD = 8
const BRIEF = 256

/** Null: too few bytes to tell. `last`: there will be no more. */
export function chooseMode(
  head: Buffer,
  options: { contentType: string; arrays: boolean; last: boolean },
  sink: Sink,
): Mode | null {
  // The beginning is enough, unless a server kept the connection alive with spaces.
  const brief = startOf(head.subarray(0, BRIEF))
  const start = brief.length < HEAD && head.length > BRIEF ? startOf(head) : brief
  if (start.length < HEAD && !options.last && !/^[{[]/.test(start)) return null
  const { contentType } = options
  if (start.startsWith('[') && options.arrays) return createElements(sink)
  if (/^[{[]/.test(start)) return LINE_TYPES.test(contentType) ? createLines(sink) : createWhole(sink)
  if (contentType.includes('event-stream') || SSE_START.test(start)) return createSse(sink)
  return OPAQUE_TYPES.test(contentType) ? createOpaque(sink) : createWhole(sink)
}

const startOf = (head: Buffer): string =>
  head
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
function createSse(sink: Sink): Mode {
  const decoder = new StringDecoder('utf8')
  const parser = createParser({ onEvent: (event) => sink.event(event.data, event.event ?? '') })
  return {
    kind: 'events',
    push: (bytes) => parser.feed(decoder.write(bytes as Buffer)),
    end() {
      parser.feed(decoder.end())
      // Without a blank line the parser loses an unterminated last event; the third line end is for a stream cut inside CRLF.
      parser.feed('\n\n\n')
    },
  }
}

function createLines(sink: Sink): Mode {
  const splitter = createValueSplitter((json) => sink.event(json, ''), { elements: false })
  return { kind: 'events', push: splitter.push, end: splitter.end }
}

function createElements(sink: Sink): Mode {
  const splitter = createValueSplitter((json) => sink.event(json, ''), { elements: true })
  return {
    kind: 'events',
    push: splitter.push,
    end() {
      splitter.end()
      if (splitter.closed()) sink.closed()
    },
  }
}

function createWhole(sink: Sink): Mode {
  const pieces: Uint8Array[] = []
  return {
    kind: 'whole',
    push: (bytes) => void pieces.push(bytes),
    end: () => sink.whole(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)),
  }
}

function createOpaque(sink: Sink): Mode {
  let size = 0
  return {
    kind: 'bytes',
    push: (bytes) => void (size += bytes.length),
    end: () => sink.opaque(size),
  }
}
