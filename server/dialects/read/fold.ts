/**
 * What a dialect writes to read an answer: a fold that is given each event of a stream, or the whole body, as parsed JSON.
 * How the bytes came (SSE, JSON lines, a JSON array, WebSocket frames, one body; cut anywhere) is the reader's business.
 */
import type { Answer } from '../dialect.ts'
import type { Json } from './json.ts'

export interface Fold {
  /** Filled as events come; finished by `end`. */
  readonly answer: Answer
  /** One event of a stream; `name` is SSE's event name, '' without. */
  event(value: Json, name: string): void
  /** A body that is no stream. */
  whole(value: unknown): void
  /** Data that is no JSON object, such as `[DONE]`. */
  done?(): void
  /** Closes open parts and settles usage and completeness. */
  end(): void
  /** An event with content was seen. */
  contentSeen(): boolean
}

export const emptyAnswer = (): Answer => ({
  model: null,
  id: null,
  finishReason: null,
  messages: [],
  usage: null,
  usageRaw: null,
  usageSource: 'none',
  reportedCostNano: null,
  serviceTier: null,
  error: null,
  complete: false,
  events: null,
})
