/**
 * What the Call page's inner parts may ask for. They draw and never fetch: the view hands them a loader, so that the same parts can be
 * shown from a test, from an export, or from the API. Every member is called lazily, when its tab is first opened.
 */
import type { Answer, RequestFacts } from '../../server/dialects/dialect.ts'

export interface Conversation {
  request: RequestFacts | null
  answer: Answer | null
  /** Why something could not be read, in words; the raw bytes are still there. */
  problem: string | null
  /** The content was removed by the retention setting. */
  expired: boolean
}

/** A captured body, decompressed by nobody: the API serves it with its own content type and encoding, the browser undoes the encoding. */
export interface RawBody {
  bytes: Uint8Array
  contentType: string | null
  contentEncoding: string | null
}

export interface Timeline {
  /** Arrivals since the call's start, in order. */
  pieces: { atMs: number; bytes: number }[]
  firstTokenMs: number | null
}

export interface RawHeaders {
  request: [name: string, value: string][]
  response: [name: string, value: string][]
}

/** Rejects with an Error whose message can be shown. `null`: nothing was kept (capture setting, retention). */
export interface CallLoader {
  conversation(): Promise<Conversation>
  request(): Promise<RawBody | null>
  response(): Promise<RawBody | null>
  headers(): Promise<RawHeaders>
  timeline(): Promise<Timeline>
  /** Where the raw bytes can be downloaded from. */
  url(kind: 'request' | 'response'): string
}

/** Goes to an address inside the app, such as `calls?q=session:abc`. */
export type Navigate = (to: string, options?: { replace?: boolean }) => void
