/**
 * The one text in which two questions may differ: that of the last message, where a user wrote it and it is nothing but text. Found
 * by a walk over the bytes, so that all around it can be compared byte for byte.
 */
import { endOfValue, scanTopLevel, skipSpace, stringAt, type Scanned, type TopLevel } from '../gateway/scan.ts'

export interface LastText {
  /** Where it stands in the body, quotes and all. */
  start: number
  end: number
  text: string
}

/** Two thousand tokens: what the smaller embedding models take, and what a question is. */
export const MAX_TEXT = 8192

const EVERY = { has: () => true } as unknown as ReadonlySet<string>
const TEXT_PARTS: ReadonlySet<unknown> = new Set(['text', 'input_text'])
const COMMA = 0x2c
const CLOSE_BRACKET = 0x5d

/** null: the last message is none that words alone make up, or a very long one. */
export function lastUserText(body: Buffer, { values }: TopLevel): LastText | null {
  // OpenAI and Anthropic; Responses; Gemini.
  const named = (['messages', 'input', 'contents'] as const).filter((name) => values.has(name))
  const place = values.get(named[0] ?? '')
  if (!place || named.length > 1) return null
  if (place.type === 'string') return named[0] === 'input' ? toText(body, place) : null
  const last = elementsOf(body, place).at(-1)
  const message = last && objectAt(body, last)
  if (!message) return null
  const role = message.get('role')
  if (role ? stringAt(body, role) !== 'user' : named[0] !== 'contents') return null
  return inContent(body, message.get('content') ?? message.get('parts'))
}

/** Of several texts the last is the one that may differ. An image, a file or a tool's result beside them: none may. */
function inContent(body: Buffer, content: Scanned | undefined): LastText | null {
  if (!content) return null
  if (content.type === 'string') return toText(body, content)
  const parts = elementsOf(body, content).map((part) => objectAt(body, part))
  if (parts.length === 0 || !parts.every((part) => isText(body, part))) return null
  return toText(body, parts.at(-1)!.get('text')!)
}

function isText(body: Buffer, part: Map<string, Scanned> | null): boolean {
  const type = part?.get('type')
  return part?.get('text')?.type === 'string' && (!type || TEXT_PARTS.has(stringAt(body, type)))
}

function toText(body: Buffer, place: Scanned): LastText | null {
  if (place.end - place.start > MAX_TEXT) return null
  const text = stringAt(body, place)?.trim()
  return text ? { start: place.start, end: place.end, text } : null
}

function elementsOf(body: Buffer, { start, end, type }: Scanned): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  if (type !== 'array') return found
  for (let at = skipSpace(body, start + 1); at < end && body[at] !== CLOSE_BRACKET;) {
    const until = endOfValue(body, at)
    if (until < 0) return []
    found.push({ start: at, end: until })
    at = skipSpace(body, until)
    if (body[at] === COMMA) at = skipSpace(body, at + 1)
    else if (body[at] !== CLOSE_BRACKET) return []
  }
  return found
}

/** The members with their places in the body. */
function objectAt(body: Buffer, { start, end }: { start: number; end: number }): Map<string, Scanned> | null {
  const scanned = scanTopLevel(body.subarray(start, end), EVERY)
  if (!scanned) return null
  for (const place of scanned.values.values()) {
    place.start += start
    place.end += start
  }
  return scanned.values
}

/**
 * Everything with a digit in it: amounts, dates, order numbers, versions. Embeddings hardly tell them apart, and no answer is the
 * same for two of them, so they must be equal.
 */
export const numbersIn = (text: string): string[] =>
  (text.match(/[\p{L}\p{N}.,:/-]+/gu) ?? [])
    .filter((word) => /\p{N}/u.test(word))
    .map((word) => word.toLowerCase().replaceAll(/^[.,:/-]+|[.,:/-]+$/g, ''))
