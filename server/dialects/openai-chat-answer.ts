/** The answer of Chat Completions, whole or as chunks: `choices[].message` and `choices[].delta` have the same fields. */
import type { Message, Part } from './dialect.ts'
import { readContent, readReasoning, readChatParts, toAudio, unknownFields } from './openai-chat-parts.ts'
import { readChatUsage } from './openai-chat-usage.ts'
import { toBareError, toError } from './read/error.ts'
import { emptyAnswer, type Fold } from './read/fold.ts'
import {
  asId,
  asJsonText,
  asList,
  asName,
  asObject,
  asObjects,
  asText,
  isObject,
  kept,
  type Json,
} from './read/json.ts'
import { cite, raw, toolCall, write } from './read/parts.ts'

type ToolCall = Extract<Part, { type: 'tool_call' }>

/** One choice of a stream in the making. */
interface Choice {
  role: string
  parts: Part[]
  calls: Map<number, ToolCall>
  audio: { id?: unknown; data: string; transcript: string } | null
  citations: unknown[]
  extras: Map<string, unknown>
  finishReason: string | null
}

/** `billed` false: a stored answer is read again; its usage was paid for by the call that made it, and stays raw. */
export function createChatFold({ billed }: { billed: boolean }): Fold {
  const answer = emptyAnswer()
  const choices = new Map<number, Choice>()
  let seen = false
  let done = false

  const readHead = (body: Json) => {
    answer.model = asName(body.model) ?? answer.model
    answer.id = asName(body.id) ?? answer.id
    answer.serviceTier = asName(body.service_tier) ?? answer.serviceTier
    const usage = isObject(body.usage) ? body.usage : asObject(body.x_groq).usage
    if (isObject(usage)) Object.assign(answer, billed ? readChatUsage(usage) : { usageRaw: kept(usage) })
    answer.error ??= toError(body) ?? toError(asObject(body.x_groq))
    for (const choice of asObjects(body.choices)) answer.error ??= toError(choice)
  }

  return {
    answer,
    event(chunk) {
      readHead(chunk)
      for (const [position, piece] of asObjects(chunk.choices).entries()) {
        const index = typeof piece.index === 'number' ? piece.index : position
        const choice = choices.get(index) ?? newChoice()
        choices.set(index, choice)
        if (foldPiece(choice, piece)) seen = true
      }
    },
    whole(body) {
      // Some proxies wrap an error into a list, as Gemini's OpenAI endpoint does.
      const object = Array.isArray(body) ? asObject(body[0]) : asObject(body)
      readHead(object)
      answer.messages = asObjects(object.choices).map(toMessage)
      answer.finishReason = firstFinish(asObjects(object.choices).map((choice) => asText(choice.finish_reason)))
      if (!Array.isArray(object.choices)) answer.error ??= toBareError(object)
      if (answer.usage) answer.usageSource = 'provider'
      answer.complete = true
    },
    done: () => void (done = true),
    end() {
      if (answer.complete) return
      const all = [...choices.entries()].sort(([a], [b]) => a - b).map(([, choice]) => choice)
      answer.messages = all.map(closeChoice)
      answer.finishReason = firstFinish(all.map((choice) => choice.finishReason))
      // Servers that never send [DONE] still end with a finish reason for each choice, then usage.
      const finished = all.length > 0 && all.every((choice) => choice.finishReason !== null)
      answer.complete = done || (finished && answer.usage !== null)
      if (answer.usage) answer.usageSource = answer.complete ? 'provider' : 'partial'
    },
    contentSeen: () => seen,
  }
}

const firstFinish = (reasons: (string | null)[]): string | null => reasons.find((reason) => reason) ?? null

const newChoice = (): Choice => ({
  role: 'assistant',
  parts: [],
  calls: new Map(),
  audio: null,
  citations: [],
  extras: new Map(),
  finishReason: null,
})

function toMessage(choice: Json): Message {
  const message = asObject(choice.message)
  const parts = readChatParts(message)
  write(parts, 'text', asText(choice.text) ?? '')
  return { role: asName(message.role) ?? 'assistant', parts }
}

/** True when the piece carried content. */
function foldPiece(choice: Choice, piece: Json): boolean {
  // A server that answers a stream request with one big event sends `message`.
  const delta = isObject(piece.delta) ? piece.delta : asObject(piece.message)
  const before = choice.parts.length + textLength(choice.parts)
  choice.role = asName(delta.role) ?? choice.role
  choice.finishReason = asName(piece.finish_reason) ?? choice.finishReason
  readReasoning(choice.parts, delta)
  readContent(choice.parts, delta.content)
  write(choice.parts, 'text', asText(piece.text) ?? '')
  write(choice.parts, 'refusal', asText(delta.refusal) ?? '')
  choice.citations.push(...asObjects(delta.annotations))
  for (const call of asObjects(delta.tool_calls)) foldCall(choice, call)
  if (isObject(delta.function_call)) foldCall(choice, { index: -1, function: delta.function_call })
  if (isObject(delta.audio)) foldAudio(choice, delta.audio)
  for (const image of asObjects(delta.images)) readContent(choice.parts, [image])
  for (const [name, value] of unknownFields(delta)) choice.extras.set(name, value)
  return (
    choice.parts.length + textLength(choice.parts) > before ||
    choice.audio !== null ||
    asList(delta.tool_calls).length > 0
  )
}

const textLength = (parts: Part[]): number => {
  const last = parts.at(-1)
  return last && 'text' in last ? last.text.length : 0
}

/**
 * Pieces of a call share an index. Some servers leave it out (then the id tells), or give every call index 0 with ids of their
 * own (then a new id together with a name is a new call).
 */
function foldCall(choice: Choice, piece: Json): void {
  const made = isObject(piece.function) ? piece.function : asObject(piece.custom)
  const id = asId(piece.id)
  const known = findCall(choice, piece.index, id, asName(made.name))
  const args = made.arguments ?? made.input
  if (known) {
    known.id ??= id
    known.name ||= asText(made.name) ?? ''
    known.arguments += asJsonText(args)
    return
  }
  const call = toolCall({}, { id, name: made.name, arguments: args }) as ToolCall
  choice.parts.push(call)
  const index = typeof piece.index === 'number' && !choice.calls.has(piece.index) ? piece.index : choice.calls.size
  choice.calls.set(choice.calls.has(index) ? -2 - choice.calls.size : index, call)
}

function findCall(choice: Choice, index: unknown, id: string | null, name: string | null): ToolCall | undefined {
  const differs = (call: ToolCall | undefined) =>
    call && id !== null && name !== null && call.id !== null && call.id !== id
  const byIndex = typeof index === 'number' ? choice.calls.get(index) : undefined
  if (byIndex && !differs(byIndex)) return byIndex
  if (id !== null) return choice.calls.values().find((call) => call.id === id)
  return typeof index === 'number' ? undefined : [...choice.calls.values()].at(-1)
}

function foldAudio(choice: Choice, piece: Json): void {
  const audio = (choice.audio ??= { data: '', transcript: '' })
  audio.id ??= piece.id
  audio.data += asText(piece.data) ?? ''
  audio.transcript += asText(piece.transcript) ?? ''
}

function closeChoice(choice: Choice): Message {
  const parts = [...choice.parts]
  if (choice.audio) parts.push(...toAudio(choice.audio))
  cite(parts, choice.citations)
  for (const [name, value] of choice.extras) parts.push(raw(name, value))
  return { role: choice.role, parts }
}
