/** The one line that a list shows of a call: the last thing said, from the answer if there is one, else from the request. */
import type { Answer, Message, Part, RequestFacts } from '../dialects/dialect.ts'

const LENGTH = 200

/** null when nothing was said that can be shown as text. */
export const preview = (request: RequestFacts | null, answer: Answer | null): string | null =>
  lastSaid(answer?.messages ?? []) ?? lastSaid(request?.messages ?? [])

function lastSaid(messages: readonly Message[]): string | null {
  for (let i = messages.length - 1; i >= 0; i--) {
    const line = lineOf((messages[i] as Message).parts)
    if (line) return line
  }
  return null
}

/** Words first; what a message without words does instead (calls a tool, shows a picture) stands for it. */
function lineOf(parts: readonly Part[]): string | null {
  return (
    joined(parts, (part) => (part.type === 'text' || part.type === 'refusal' ? part.text : null)) ??
    joined(parts, (part) => (part.type === 'tool_call' ? `${part.name}(${part.arguments.slice(0, LENGTH)})` : null)) ??
    joined(parts, (part) => (part.type === 'tool_result' ? lineOf(part.parts) : null)) ??
    joined(parts, (part) => (part.type === 'reasoning' ? part.text : null)) ??
    joined(parts, (part) => (part.type === 'media' ? `[${part.kind}]` : null))
  )
}

function joined(parts: readonly Part[], text: (part: Part) => string | null): string | null {
  let line = ''
  for (const part of parts) {
    const more = text(part)
    if (more) line += ` ${more.slice(0, 4 * LENGTH)}`
    if (line.length > 4 * LENGTH) break
  }
  return oneLine(line)
}

function oneLine(text: string): string | null {
  const line = text.replace(/\s{2,}|[^\S ]/g, ' ').trim()
  if (line === '') return null
  return line.length <= LENGTH ? line : `${line.slice(0, LENGTH - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
