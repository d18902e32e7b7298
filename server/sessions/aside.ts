/**
 * Calls that a client makes beside the conversation: probes of one token, titles, summaries. They belong to the session that
 * they are about and start none. They cost money like any other, so they are no `auxiliary` calls, whose sums are left out of
 * budgets: they have no turn, and so stand apart in their session.
 */
import type { Answer, Message, RequestFacts } from '../dialects/dialect.ts'
import { isModel, isSystem } from './canonical.ts'

/** What a person would not read through; the words that give such a call away stand at its beginning or end. */
const LOOK = 1500
const SHORT_ANSWER = 200

const TITLE =
  /\b(?:generate|write|create|come up with|extract|output|produce|suggest)\b[^.\n]{0,80}\b(?:titles?|tags|follow-up questions)\b|\btitle generator\b/i
const SUMMARY =
  /\b(?:create|write|provide|produce|generate|give)\b[^.\n]{0,60}\b(?:summary|handoff)\b|\bsummari[sz]e\b[^.\n]{0,60}\b(?:conversation|session|transcript|so far|history)\b|\bcompact(?:ion)?\b[^.\n]{0,40}\b(?:conversation|context|history)\b/i

export type Aside = 'probe' | 'title' | 'summary'

export function asideOf(request: RequestFacts, operation: string | null): Aside | null {
  const { messages, maxTokens, tools } = request
  if (operation === 'compact') return 'summary'
  if (maxTokens === 1) return 'probe'
  const said = messages.filter((message) => !isSystem(message))
  const last = said.at(-1)
  if (!last || isModel(last)) return null
  const asked = textOf(last)
  if (said.length > 2 && SUMMARY.test(ends(asked))) return 'summary'
  if (tools.length > 0) return null
  const instructions = messages.find(isSystem)
  if (TITLE.test(ends(instructions ? textOf(instructions) : ''))) return short(maxTokens) ? 'title' : null
  if (/^#{1,4} Task:/.test(asked) && TITLE.test(ends(asked))) return 'title'
  return null
}

/** A title needs no room; who asks for a long text with a title in it has a conversation. */
const short = (maxTokens: number | null): boolean => maxTokens === null || maxTokens <= 1024

/** Lines of a summary that the next history will hold word for word. */
export function summaryLines(answer: Answer | null): string[] {
  const text = (answer?.messages ?? []).map(textOf).join('\n')
  return text.length < SHORT_ANSWER ? [] : longLines(text).slice(0, 4)
}

/** A history that begins with a summary of another: the lines that it may have been taken from. */
export function retoldLines(messages: readonly Message[]): string[] {
  const first = messages
    .filter((message) => !isSystem(message))
    .slice(0, 4)
    .map(textOf)
    .join('\n')
  return looksRetold(first) ? longLines(first).slice(0, 60) : []
}

export const looksRetold = (text: string): boolean =>
  text.length >= SHORT_ANSWER && /summar|compact|continued from|previous conversation|handoff/i.test(text)

const LINE = 48
/** The longest first. */
const longLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= LINE)
    .sort((a, b) => b.length - a.length)

export const textOf = ({ parts }: Message): string => {
  let text = ''
  for (const part of parts) if (part.type === 'text') text += `${part.text}\n`
  return text
}

const ends = (text: string): string => (text.length <= 2 * LOOK ? text : `${text.slice(0, LOOK)}\n${text.slice(-LOOK)}`)
