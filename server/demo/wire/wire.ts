/** What each wire format of the demo must say: the request of a turn, and its answer whole, as events, and as an error. */
import type { Json, Turn } from '../turn.ts'

/** Bytes of one event, and how many tokens it took the model to make it. */
export interface WireEvent {
  text: string
  tokens: number
}

export interface Trouble {
  status: number
  code: string
  type: string
  message: string
}

export interface Wire {
  path(turn: Turn): string
  request(turn: Turn): Json
  whole(turn: Turn): Json
  events(turn: Turn): WireEvent[]
  error(trouble: Trouble): Json
  /** Response headers of this family beside the usual ones. */
  headers(turn: Turn): Record<string, string>
}

export const sse = (data: unknown, tokens = 0): WireEvent => ({ text: `data: ${JSON.stringify(data)}\n\n`, tokens })

export const named = (type: string, data: Json, tokens = 0): WireEvent => ({
  text: `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`,
  tokens,
})

/** Models emit tokens one by one, networks bring a few at a time; long answers in larger pieces, so that no answer has many. */
const MOST_PIECES = 60

/** A text in pieces of a few words, with the tokens that each took. */
export function pieces(text: string): { text: string; tokens: number }[] {
  if (text === '') return []
  const size = Math.max(16, Math.ceil(text.length / MOST_PIECES))
  const words = text.match(/\s*\S+\s*?/g) ?? [text]
  const out: { text: string; tokens: number }[] = []
  let piece = ''
  const flush = () => {
    if (piece !== '') out.push({ text: piece, tokens: Math.max(1, Math.round(piece.length / 4)) })
    piece = ''
  }
  for (const word of words) {
    piece += word
    if (piece.length >= size) flush()
  }
  piece += text.slice(words.join('').length)
  flush()
  return out
}

/** JSON schema of a tool's arguments. */
export const toSchema = (properties: Json): Json => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})
