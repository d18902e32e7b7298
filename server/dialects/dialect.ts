/**
 * What a dialect (a wire format) must offer. One file a dialect; the registry is a list; one contract test covers every entry.
 * Readers work on a copy of the bytes, in the recorder or in a reader thread, never on the data path: they read, they do not rewrite.
 * Only `operations`, `error`, `streamError`, `opening` and `quality` are used by the data path.
 */
import type { Usage } from '../call.ts'

/** One thing that a dialect's API can do, recognised by method and path. */
export interface Operation {
  /** `chat`, `embeddings`, `count_tokens`, `models`, `files` … */
  name: string
  /** Matched against the upstream path without query. */
  path: RegExp
  /** Default: POST. */
  methods?: readonly string[]
  /** Housekeeping that is no generation (count_tokens, model lists): folded away, out of averages. */
  auxiliary?: boolean
  /** The model stands in the path (Gemini, Bedrock, Azure): taken from the first group of `path`. */
  modelInPath?: boolean
  /** A streamed answer is known from the path or query rather than from `stream: true` in the body. */
  streamInPath?: (pathAndQuery: string) => boolean
}

/** A piece of a message. Anything that a reader does not know becomes `raw` and is shown raw. */
export type Part =
  | { type: 'text'; text: string; citations?: unknown[] }
  | { type: 'reasoning'; text: string; redacted?: boolean }
  | { type: 'refusal'; text: string }
  /** `arguments` is the text as the model wrote it (usually JSON); `server` marks tools that the provider runs itself. */
  | { type: 'tool_call'; id: string | null; name: string; arguments: string; server?: boolean }
  | { type: 'tool_result'; id: string | null; name: string | null; parts: Part[]; isError?: boolean }
  /** `data` is base64 as it stood in the body, `url` a link, `fileId` a provider's handle; one of them is set. */
  | {
      type: 'media'
      kind: 'image' | 'audio' | 'video' | 'file'
      mediaType: string | null
      data?: string
      url?: string
      fileId?: string
      name?: string
    }
  | { type: 'raw'; kind: string; value: unknown }

export interface Message {
  /** As the wire says it: system, developer, user, assistant, tool, model … */
  role: string
  parts: Part[]
  name?: string
  id?: string
}

export interface ToolDefinition {
  name: string
  description: string | null
  /** JSON schema as sent, or null for the provider's built-in tools. */
  schema: unknown
}

/** What a request says. Everything unknown is null or empty; readers never throw on odd input. */
export interface RequestFacts {
  model: string | null
  stream: boolean | null
  /** System prompt(s) and history in order; system first when it stands apart (Anthropic `system`, Responses `instructions`). */
  messages: Message[]
  tools: ToolDefinition[]
  maxTokens: number | null
  /** Sampling and format settings as sent (temperature, top_p, reasoning, response_format …), for display. */
  settings: Record<string, unknown>
  /** End-user id: `user`, `safety_identifier`, `metadata.user_id`. */
  user: string | null
  /** Ids that bind this call to a session or an earlier call, with the field each came from. */
  session: { id: string; source: string } | null
  previousId: string | null
  /** `metadata` of the request, where it is a flat string map. */
  metadata: Record<string, string>
}

export interface ReadError {
  /** The provider's own code or type, such as `rate_limit_error`. */
  code: string | null
  message: string
}

/** What an answer says, whole or streamed: a stream is a body that arrives in pieces. */
export interface Answer {
  model: string | null
  id: string | null
  finishReason: string | null
  /** Usually one assistant message; several choices are several messages. */
  messages: Message[]
  usage: Usage | null
  /** The provider's usage object as it came (the last one of a stream; Anthropic: start and delta merged). */
  usageRaw: unknown
  /** `provider`: the provider's final word. `partial`: a stream that was cut after an interim usage. `none`: nothing said. */
  usageSource: 'provider' | 'partial' | 'none'
  /** Cost in nano-dollars that the provider itself reported (OpenRouter `usage.cost`), else null. */
  reportedCostNano: number | null
  /** `flex`, `priority`, `batch` … as the answer says it. */
  serviceTier: string | null
  error: ReadError | null
  /** The dialect's terminal event was seen (`[DONE]`, `message_stop`, `response.completed`), or the whole body parsed. */
  complete: boolean
  /** Stream events seen; null when the body was not a stream. */
  events: number | null
}

/** Fed with decompressed bytes in order. Never throws; what it cannot read it leaves out and says so in `problem`. */
export interface AnswerReader {
  push(bytes: Uint8Array): void
  /** True once an event with content (text, reasoning, tool arguments) was seen: this moment is the first token. */
  readonly contentSeen: boolean
  /** Ends the stream (an unterminated last event still counts) and gives what was read. Called once. */
  end(): Answer
  /** Why something could not be read, else null. */
  readonly problem: string | null
}

/** A refusal or failure of Weir's own, to be put into the dialect's error shape. */
export interface ErrorShape {
  status: number
  code: string
  message: string
}

/** What an early event of a stream is: an `error` instead of an answer, a `preface` (ping, metadata, an empty role), or `content`. */
export type EarlyEvent = 'error' | 'preface' | 'content'

/** How an answer must look that is meant for a program. `schema` null: any JSON. */
export interface Format {
  schema: unknown
}

/** What the quality rules of routes go by. */
export interface QualityMarks {
  /** Finish reason → what it means; all others are good ends. */
  endings: Readonly<Record<string, 'length' | 'content_filter' | 'refusal'>>
  /** Top-level member of the request → what it asks for; null: nothing. */
  formats: Readonly<Record<string, (value: Record<string, unknown>) => Format | null>>
}

export interface Dialect {
  name: string
  operations: readonly Operation[]
  readRequest(body: unknown, context: { operation: string; path: string }): RequestFacts
  createReader(context: { operation: string; contentType: string }): AnswerReader
  /** The JSON body that this dialect's SDKs turn into their usual error classes. */
  error(shape: ErrorShape): unknown
  /** What to write into a stream that has begun, so that it does not look like a clean end; null: destroy the connection. */
  streamError(shape: ErrorShape): string | null
  /** For routes, of small events only. Absent: a stream of this dialect passes from its first byte. */
  opening?(data: Record<string, unknown>, event: string | null): EarlyEvent
  /** Absent: answers of this dialect are not judged. */
  quality?: QualityMarks
}
