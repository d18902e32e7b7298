/**
 * What a recorded answer says, read in the plainest way that can be written down: whole body in memory, lines split, JSON parsed,
 * fields taken. It shares no code with the readers that it checks, and knows nothing of pieces, cuts or broken streams.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */
type Any = any

export interface Said {
  model: string | null
  finish: string | null
  /** Tokens in and out as totals; null: no usage in the answer. */
  input: number | null
  output: number | null
  cached: number
  tools: { name: string; arguments: unknown }[]
}

const NOTHING: Said = { model: null, finish: null, input: null, output: null, cached: 0, tools: [] }

export function readPlainly(dialect: string, operation: string, contentType: string, body: string): Said {
  const events = contentType.includes('event-stream') ? sseData(body) : null
  if (dialect === 'openai-chat') return events ? chatStream(events) : chatWhole(JSON.parse(body))
  if (dialect === 'anthropic-messages' && operation === 'chat')
    return events ? messagesStream(events) : message(JSON.parse(body))
  if (dialect === 'openai-responses') return response(events ? lastResponse(events) : JSON.parse(body), operation)
  if (dialect === 'gemini') return gemini(events ?? [JSON.parse(body)], operation)
  if (dialect === 'openai-embeddings') return embeddings(JSON.parse(body))
  return NOTHING
}

/** Names of all tools that the answer calls, in order: those the client must run, and those the provider ran itself. */
export function readToolNames(dialect: string, contentType: string, body: string): string[] {
  const events = contentType.includes('event-stream') ? sseData(body) : null
  if (dialect === 'anthropic-messages') {
    const blocks = events ? events.map((event) => event.content_block ?? {}) : (JSON.parse(body).content ?? [])
    return blocks.filter((block: Any) => block.type?.endsWith('tool_use')).map((block: Any) => block.name)
  }
  if (dialect === 'openai-responses') {
    const items: Any[] = (events ? lastResponse(events) : JSON.parse(body))?.output ?? []
    const calls = items.filter((item) => item.type.endsWith('_call'))
    return calls.map((item) => item.name ?? item.type.replace(/_call$/, ''))
  }
  if (dialect === 'gemini') return (events ?? [JSON.parse(body)]).flatMap(geminiParts).flatMap(geminiTool)
  return readPlainly(dialect, 'chat', contentType, body).tools.map(({ name }) => name)
}

const geminiTool = (part: Any): string[] => {
  const name = part.functionCall?.name ?? (part.executableCode ? 'code_execution' : part.toolCall?.toolType)
  return name === undefined ? [] : [name]
}

/** An error at the top, in a choice, or in a streamed response. */
export function saysError(contentType: string, status: number, body: string): boolean {
  const values = contentType.includes('event-stream') ? sseData(body) : [JSON.parse(body)]
  return (
    status >= 400 ||
    values.some((value) => value.error || value.response?.error || value.choices?.some((choice: Any) => choice.error))
  )
}

const sseData = (body: string): Any[] =>
  body
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)))

/** Some servers leave the arguments of a call without any out, and models write JSON that is none. */
function parse(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '')
  } catch {
    return json ?? ''
  }
}

function chatUsage(usage: Any): Pick<Said, 'input' | 'output' | 'cached'> {
  if (!usage) return { input: null, output: null, cached: 0 }
  const cached = usage.prompt_tokens_details?.cached_tokens ?? usage.num_cached_tokens ?? usage.cached_tokens ?? 0
  return { input: usage.prompt_tokens, output: usage.total_tokens - usage.prompt_tokens, cached }
}

function chatWhole(body: Any): Said {
  if (!body.choices) return { ...NOTHING, model: body.model ?? null }
  const calls = body.choices.flatMap((choice: Any) => choice.message.tool_calls ?? [])
  return {
    model: body.model,
    finish: body.choices[0]?.finish_reason ?? null,
    ...chatUsage(body.usage),
    tools: calls.map((call: Any) => ({ name: call.function.name, arguments: parse(call.function.arguments) })),
  }
}

function chatStream(chunks: Any[]): Said {
  const calls: Record<number, { name: string; json: string }> = {}
  let usage: Any = null
  let model: string | null = null
  let finish: string | null = null
  for (const chunk of chunks) {
    if (chunk.model) model = chunk.model
    if (chunk.usage) usage = chunk.usage
    for (const choice of chunk.choices ?? []) {
      if (choice.finish_reason && !finish) finish = choice.finish_reason
      for (const call of choice.delta.tool_calls ?? []) {
        calls[call.index] ??= { name: '', json: '' }
        calls[call.index]!.name += call.function?.name ?? ''
        calls[call.index]!.json += call.function?.arguments ?? ''
      }
    }
  }
  const tools = Object.values(calls).map(({ name, json }) => ({ name, arguments: parse(json) }))
  return { model, finish, ...chatUsage(usage), tools }
}

function message(body: Any): Said {
  if (body.type === 'error') return NOTHING
  const { usage } = body
  return {
    model: body.model,
    finish: body.stop_reason,
    input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    output: usage.output_tokens,
    cached: usage.cache_read_input_tokens ?? 0,
    tools: body.content
      .filter((block: Any) => block.type === 'tool_use')
      .map((block: Any) => ({ name: block.name, arguments: block.input })),
  }
}

function messagesStream(events: Any[]): Said {
  const start = events.find((event) => event.type === 'message_start').message
  const end = events.findLast((event) => event.type === 'message_delta')
  const content = events
    .filter((event) => event.type === 'content_block_start')
    .map(({ index, content_block: block }) => {
      const json = events
        .filter((event) => event.index === index && event.delta?.type === 'input_json_delta')
        .map((event) => event.delta.partial_json)
        .join('')
      return { ...block, input: json === '' ? block.input : JSON.parse(json) }
    })
  return message({ ...start, content, stop_reason: end.delta.stop_reason, usage: { ...start.usage, ...end.usage } })
}

const lastResponse = (events: Any[]): Any =>
  events.findLast((event) => /^response\.(completed|incomplete|failed)$/.test(event.type))?.response

function response(body: Any, operation: string): Said {
  if (!body?.output) return NOTHING
  const usage = operation === 'retrieve' ? null : body.usage
  return {
    model: body.model ?? null,
    finish: body.incomplete_details?.reason ?? body.status ?? null,
    input: usage?.input_tokens ?? null,
    output: usage?.output_tokens ?? null,
    cached: usage?.input_tokens_details?.cached_tokens ?? 0,
    tools: body.output
      .filter((item: Any) => item.type === 'function_call' || item.execution === 'client')
      .map((item: Any) => ({
        name: item.name ?? 'tool_search',
        arguments: typeof item.arguments === 'string' ? parse(item.arguments) : item.arguments,
      })),
  }
}

const geminiParts = (chunk: Any): Any[] => chunk.candidates?.[0]?.content?.parts ?? []

function gemini(chunks: Any[], operation: string): Said {
  const usage = chunks.findLast((chunk) => chunk.usageMetadata)?.usageMetadata
  // A blocked prompt has a usage without counts.
  const billed = usage?.promptTokenCount !== undefined && (operation === 'chat' || operation === 'embeddings')
  const parts = chunks.flatMap(geminiParts)
  return {
    model: chunks.findLast((chunk) => chunk.modelVersion)?.modelVersion ?? null,
    finish:
      chunks.findLast((chunk) => chunk.candidates?.[0]?.finishReason)?.candidates[0].finishReason ??
      chunks[0].promptFeedback?.blockReason ??
      null,
    input: billed ? usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0) : null,
    output: billed ? (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0) : null,
    cached: billed ? (usage.cachedContentTokenCount ?? 0) : 0,
    tools: parts
      .filter((part: Any) => part.functionCall)
      .map((part: Any) => ({ name: part.functionCall.name, arguments: part.functionCall.args })),
  }
}

const embeddings = (body: Any): Said =>
  body.error
    ? NOTHING
    : {
        ...NOTHING,
        model: body.model,
        input: body.usage.prompt_tokens,
        output: body.usage.total_tokens - body.usage.prompt_tokens,
      }
