/**
 * What the Call page's parts may ask for. They draw and never fetch: the view hands them a `CallLoader`, so that the same parts can be
 * shown from a test, from an export, or from the API. Each function is called when its tab is first opened, and again on "Retry".
 * Each rejects with an Error whose message says what failed.
 */
import type { Answer, RequestFacts } from '../../../server/dialects/dialect.ts'

export type Direction = 'request' | 'response'

export interface Conversation {
  request: RequestFacts | null
  answer: Answer | null
  /** Why something could not be read, in words; the raw bytes are still there. */
  problem: string | null
  /** Removed by age (`retention.content`). */
  expired: boolean
}

/** One captured body, as it went over the wire. */
export interface RawBody {
  /** The bytes as text, content encoding undone; null when they are not text or were not kept. */
  text: string | null
  /** Size on the wire, before any content encoding was undone. */
  bytes: number
  contentType: string | null
  contentEncoding: string | null
  /** Longer than the capture limit: what is here is not the whole. */
  truncated: boolean
  /** Where the exact bytes can be downloaded. */
  href: string
}

/** In the order and case of the wire, duplicates kept, secrets masked by Weir. */
export interface RawHeaders {
  request: [name: string, value: string][]
  response: [name: string, value: string][]
}

/** Arrivals of the answer's pieces, in milliseconds since the call started. */
export interface StreamTimeline {
  pieces: { atMs: number; bytes: number }[]
  firstTokenMs: number | null
}

export interface CallLoader {
  conversation(): Promise<Conversation>
  raw(kind: Direction): Promise<RawBody>
  headers(): Promise<RawHeaders>
  timeline(): Promise<StreamTimeline>
}

/** The tabs, by the name that stands in the URL. */
export type CallTab = 'conversation' | 'request' | 'response' | 'headers' | 'stream'
