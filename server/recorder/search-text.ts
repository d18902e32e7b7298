/**
 * What full-text search finds a call by: what this turn said, as a person sees it. Agents resend their whole history each
 * turn, so only what its session had not seen is taken, and the new answer. JSON inside (tool arguments, tool results)
 * is taken apart, so that "naïve\n" is found as naïve. Bounded: one pasted log must not fill the index.
 */
import type { Answer, Message, Part, RequestFacts } from '../dialects/dialect.ts'
import { isModel, isSystem } from '../sessions/canonical.ts'

/** Characters for the question and again for the answer. */
const LIMIT = 32_768

/** `newFrom`: index of the first message that is new; 0 where that is not known. */
export const searchText = (request: RequestFacts | null, answer: Answer | null, newFrom = 0): string => {
  const asked = createCollector()
  for (const message of newMessages(request?.messages ?? [], newFrom)) takeParts(asked, message.parts)
  const answered = createCollector()
  for (const message of answer?.messages ?? []) takeParts(answered, message.parts)
  return [asked.text(), answered.text()].filter((text) => text !== '').join('\n')
}

/** A system prompt is no part of a turn; where nothing is known before it, those after the last message of the model are new. */
function newMessages(messages: readonly Message[], newFrom: number): readonly Message[] {
  const seen = messages.slice(0, newFrom).some((message) => !isSystem(message))
  const from = seen ? newFrom : messages.findLastIndex(isModel) + 1
  return messages.slice(from).filter((message) => !isSystem(message))
}

interface Collector {
  add(text: string): void
  full(): boolean
  text(): string
}

function createCollector(): Collector {
  const pieces: string[] = []
  let room = LIMIT
  return {
    add: (text) => {
      if (room <= 0 || text === '') return
      pieces.push(text.length > room ? text.slice(0, room) : text)
      room -= text.length
    },
    full: () => room <= 0,
    text: () => pieces.join('\n'),
  }
}

function takeParts(into: Collector, parts: readonly Part[]): void {
  for (const part of parts) {
    if (into.full()) return
    if (part.type === 'text') takeText(into, part.text)
    else if (part.type === 'reasoning' || part.type === 'refusal') into.add(part.text)
    else if (part.type === 'tool_result') takeParts(into, part.parts)
    else if (part.type === 'media' && part.name) into.add(part.name)
    else if (part.type === 'tool_call') {
      into.add(part.name)
      takeText(into, part.arguments)
    }
  }
}

/** A text that is JSON gives its strings and numbers, any other gives itself. */
function takeText(into: Collector, text: string): void {
  const first = text.trimStart()[0]
  const value = (first === '{' || first === '[') && text.length <= 8 * LIMIT ? parsed(text) : undefined
  if (value === undefined) into.add(text)
  else takeValue(into, value, 0)
}

function takeValue(into: Collector, value: unknown, depth: number): void {
  if (into.full() || depth > 16) return
  if (typeof value === 'string') into.add(value)
  else if (typeof value === 'number') into.add(String(value))
  else if (Array.isArray(value)) for (const item of value) takeValue(into, item, depth + 1)
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) {
      into.add(name)
      takeValue(into, item, depth + 1)
    }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
