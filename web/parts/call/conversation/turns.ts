/**
 * A conversation as a person reads it: the system prompt apart, what earlier calls have already shown, what is new in this turn (all that
 * stands after the last assistant message of the request), and the answer. Tool results are put beside the calls that they answer.
 */
import type { Answer, Message, Part, RequestFacts } from '../../../../server/dialects/dialect.ts'

export type ToolCall = Extract<Part, { type: 'tool_call' }>
export type ToolResult = Extract<Part, { type: 'tool_result' }>

/** A tool's call with its result. `call` null: the call is not in this conversation; `result` null: it comes later, or never came. */
export interface ToolUse {
  type: 'tool_use'
  call: ToolCall | null
  result: ToolResult | null
  /** The call stands in an earlier block and is repeated here only to explain the result. */
  callSeen: boolean
  /** The result stands in a later block. */
  resultLater: boolean
}
export type Block = Exclude<Part, ToolCall | ToolResult> | ToolUse

export interface Turn {
  role: string
  name: string | null
  blocks: Block[]
}

export interface Conversation {
  system: Turn[]
  earlier: Turn[]
  /** As many messages as the request has there; `earlier` has fewer turns, since results stand with their calls. */
  earlierMessages: number
  fresh: Turn[]
  answer: Turn[]
}

type Place = 'earlier' | 'fresh' | 'answer'
interface Placed {
  message: Message
  place: Place
}

const SYSTEM = new Set(['system', 'developer'])
const SPEAKS = new Set(['assistant', 'model'])

/** `newFrom`: index of the first message that the session had not seen; null, where nobody knows: all that follows the last answer. */
export const toConversation = (
  request: RequestFacts | null,
  answer: Answer | null,
  newFrom: number | null = null,
): Conversation => {
  const messages = request?.messages ?? []
  const start = messages.findIndex((m) => !SYSTEM.has(m.role))
  const system = start < 0 ? messages : messages.slice(0, start)
  const rest = start < 0 ? [] : messages.slice(start)
  const split =
    newFrom === null || start < 0 || newFrom > messages.length
      ? rest.findLastIndex((m) => SPEAKS.has(m.role)) + 1
      : Math.max(0, newFrom - start)
  const placed: Placed[] = [
    ...rest.map((message, i) => ({ message, place: i < split ? ('earlier' as const) : ('fresh' as const) })),
    ...(answer?.messages ?? []).map((message) => ({ message, place: 'answer' as const })),
  ]
  const toTurns = pair(placed)
  return {
    system: system.map((message) => toPlainTurn(message)),
    earlier: toTurns('earlier'),
    earlierMessages: split,
    fresh: toTurns('fresh'),
    answer: toTurns('answer'),
  }
}

const toPlainTurn = (message: Message): Turn => ({
  role: message.role,
  name: message.name ?? null,
  blocks: message.parts.filter(
    (p): p is Exclude<Part, ToolCall | ToolResult> => p.type !== 'tool_call' && p.type !== 'tool_result',
  ),
})

/** Finds each call's result, by id or, where a dialect has none (Gemini), by name and order; gives a function that makes a place's turns. */
const pair = (placed: Placed[]) => {
  const calls: { call: ToolCall; place: Place }[] = []
  const resultOf = new Map<ToolCall, { result: ToolResult; place: Place }>()
  const callOf = new Map<ToolResult, { call: ToolCall; place: Place }>()
  for (const { message, place } of placed)
    for (const part of message.parts) {
      if (part.type === 'tool_call') calls.push({ call: part, place })
      if (part.type !== 'tool_result') continue
      const open = calls.filter(({ call }) => !resultOf.has(call))
      const found =
        part.id === null
          ? open.find(({ call }) => call.name === part.name)
          : open.find(({ call }) => call.id === part.id)
      if (!found) continue
      resultOf.set(found.call, { result: part, place })
      callOf.set(part, found)
    }

  const toBlock = (part: Part, place: Place): Block | null => {
    if (part.type === 'tool_call') {
      const found = resultOf.get(part)
      const here = found?.place === place
      return {
        type: 'tool_use',
        call: part,
        result: here ? found.result : null,
        callSeen: false,
        resultLater: !!found && !here,
      }
    }
    if (part.type === 'tool_result') {
      const found = callOf.get(part)
      if (found?.place === place) return null
      return { type: 'tool_use', call: found?.call ?? null, result: part, callSeen: !!found, resultLater: false }
    }
    return part
  }

  return (place: Place): Turn[] =>
    placed
      .filter((p) => p.place === place)
      .map(({ message }) => ({
        role: message.role,
        name: message.name ?? null,
        blocks: message.parts.map((part) => toBlock(part, place)).filter((b) => b !== null),
        empty: message.parts.length === 0,
      }))
      .filter((turn) => turn.blocks.length > 0 || turn.empty)
      .map(({ role, name, blocks }) => ({ role, name, blocks }))
}
