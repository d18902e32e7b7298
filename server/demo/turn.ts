/**
 * One made-up call, as its author thinks of it: who asks what of whom, and what comes back. The same turn is sent through Weir
 * by `traffic.ts`, answered by `provider.ts`, and written into the past by `history.ts`; `wire/` knows how it looks on the wire.
 */
export type Api = 'chat' | 'responses' | 'messages' | 'gemini' | 'embeddings'

export type Json = Record<string, unknown>

export interface Tool {
  name: string
  description: string
  /** Argument names with their JSON schema. */
  properties: Json
}

export interface ToolUse {
  id: string
  name: string
  arguments: Json
}

export type Said =
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; thinking: string | null; calls: ToolUse[] }
  | { role: 'tool'; id: string; name: string; result: string }

/** What goes wrong on the provider's side. `break`: the stream ends in the middle, with the connection. */
export type Fault = 'rate_limit' | 'server_error' | 'overloaded' | 'context_length' | 'content_filter' | 'break'

export interface Reply {
  text: string
  thinking: string | null
  calls: ToolUse[]
  /** Cut off at the token limit. */
  cut: boolean
  fault: Fault | null
}

/** A target of a route that fails at first, so that the call goes on to the next. */
export interface Stumble {
  provider: string
  fault: 'rate_limit' | 'server_error' | 'overloaded'
}

/** Who calls: what stays the same over all turns of one client. */
export interface Client {
  provider: string
  api: Api
  model: string
  stream: boolean
  /** Credential, user agent, attribution; sent as they are. */
  headers: Record<string, string>
  system: string
  tools: readonly Tool[]
  /** Further fields of the request's body, such as `temperature`. */
  settings: Json
  /** Chat streams tell their usage only when they are asked; not all clients ask. */
  asksUsage: boolean
}

export interface Turn extends Client {
  /** 16 hexadecimal digits; the header `x-demo-call` carries it to the demo's provider. */
  id: string
  messages: readonly Said[]
  /** Texts to embed. */
  inputs: readonly string[]
  reply: Reply
  /** Prompt tokens that the provider still had from the turn before. */
  cached: number
  /** The route that it asks for in place of a model; `provider` and `model` are then who answers. null: none. */
  route: string | null
  stumble: Stumble | null
  /** Multiplies the usual time. */
  slow: number
  /** The client leaves after so many milliseconds. */
  leavesAfterMs: number | null
  /** What the client does before its next turn: runs tools, reads, types. */
  pauseMs: number
}

/** Turns in a row; several at once where sub-agents run side by side. */
export type Scenario = Generator<Turn | Turn[], void>

/** About what every tokenizer makes of English and code. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4)

export interface Meter {
  prompt: number
  cached: number
  /** Visible text and tool arguments. */
  output: number
  reasoning: number
}

/** Token counts that agree with the texts. */
export function meter(turn: Turn): Meter {
  const tools = turn.tools.length > 0 ? JSON.stringify(turn.tools) : ''
  const said = turn.messages.map(lengthOf).reduce((sum, length) => sum + length, 0)
  const inputs = turn.inputs.reduce((sum, text) => sum + tokensOf(text), 0)
  const prompt = tokensOf(turn.system) + tokensOf(tools) + Math.ceil(said / 4) + 4 * turn.messages.length + inputs
  const { text, thinking, calls } = turn.reply
  const output = tokensOf(text) + calls.reduce((sum, call) => sum + 12 + tokensOf(JSON.stringify(call.arguments)), 0)
  return { prompt, cached: Math.min(turn.cached, prompt), output, reasoning: tokensOf(thinking ?? '') }
}

const lengthOf = (said: Said): number => {
  if (said.role === 'user') return said.text.length
  if (said.role === 'tool') return said.result.length
  return (
    said.text.length + (said.thinking?.length ?? 0) + (said.calls.length > 0 ? JSON.stringify(said.calls).length : 0)
  )
}
