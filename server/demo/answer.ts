/**
 * A turn's answer with its timing: what the provider sends at which millisecond. The provider plays it, the history writes it
 * down; both from here, so that the past looks like the present.
 */
import { createRandom, type Random } from './random.ts'
import { type Fault, meter, type Turn } from './turn.ts'
import { wires } from './wire/registry.ts'
import type { Trouble, WireEvent } from './wire/wire.ts'

export interface Answer {
  status: number
  headers: Record<string, string>
  /** Milliseconds from the request to the headers. */
  headersMs: number
  /** In the order of sending, `atMs` counted from the request. */
  pieces: { atMs: number; text: string }[]
  /** The connection is cut after the last piece. */
  breaks: boolean
  /** When all is said. */
  endMs: number
}

/** Milliseconds to the first token, tokens a second: about what these models do in the middle of the day. */
const PACES: Record<string, readonly [firstMs: number, perSecond: number]> = {
  'gpt-5.4': [950, 74],
  'gpt-5.4-mini': [430, 125],
  'gpt-5-nano': [340, 160],
  'gpt-5.3-codex': [1150, 82],
  'claude-opus-4-7': [1700, 52],
  'claude-sonnet-4-6': [1050, 71],
  'claude-haiku-4-5': [470, 140],
  'gemini-3-flash-preview': [520, 165],
  'llama-3.3-70b-versatile': [170, 290],
  'openai/gpt-oss-120b': [230, 420],
  'mistral-small-latest': [290, 115],
  'deepseek-chat': [900, 44],
  'qwen3:8b': [260, 39],
  'text-embedding-3-small': [110, 100_000],
}
const USUAL = [500, 90] as const

const TROUBLES: Record<Exclude<Fault, 'break' | 'content_filter'>, (turn: Turn) => Trouble> = {
  rate_limit: ({ model, api }) => ({
    status: 429,
    code: 'rate_limit_exceeded',
    type: api === 'messages' ? 'rate_limit_error' : api === 'gemini' ? 'RESOURCE_EXHAUSTED' : 'tokens',
    message: `Rate limit reached for ${model} on tokens per min (TPM): Limit 200000, Used 198412. Please try again in 2s.`,
  }),
  server_error: ({ api }) => ({
    status: 500,
    code: 'server_error',
    type: api === 'messages' ? 'api_error' : api === 'gemini' ? 'INTERNAL' : 'server_error',
    message: 'The server had an error while processing your request. Sorry about that!',
  }),
  overloaded: ({ api }) => ({
    status: api === 'messages' ? 529 : 503,
    code: 'overloaded',
    type: api === 'messages' ? 'overloaded_error' : api === 'gemini' ? 'UNAVAILABLE' : 'server_error',
    message: 'Overloaded',
  }),
  context_length: (turn) => ({
    status: 400,
    code: 'context_length_exceeded',
    type: turn.api === 'gemini' ? 'INVALID_ARGUMENT' : 'invalid_request_error',
    message: `prompt is too long: ${200_000 + meter(turn).prompt} tokens > 200000 maximum`,
  }),
}

/** The same turn has the same answer at the same pace, whoever asks. */
export function toAnswer(turn: Turn): Answer {
  const random = createRandom(parseInt(turn.id.slice(0, 8), 16))
  const { fault } = turn.reply
  if (fault !== null && fault !== 'break' && fault !== 'content_filter')
    return refusal(turn, TROUBLES[fault](turn), random)
  return turn.stream && turn.api !== 'embeddings' ? stream(turn, random) : whole(turn, random)
}

function paceOf(turn: Turn, random: Random): { firstMs: number; perSecond: number } {
  const [firstMs, perSecond] = PACES[turn.model] ?? USUAL
  // Reading the prompt takes time, too; what is cached does not.
  const { prompt, cached } = meter(turn)
  const reading = (prompt - cached) * 0.02 + cached * 0.002
  return {
    firstMs: turn.slow * (random.around(firstMs) + reading),
    perSecond: random.around(perSecond, 0.15) / Math.sqrt(turn.slow),
  }
}

function whole(turn: Turn, random: Random): Answer {
  const { firstMs, perSecond } = paceOf(turn, random)
  const { output, reasoning } = meter(turn)
  const ms = firstMs + ((output + reasoning) / perSecond) * 1000
  const text = JSON.stringify(wires[turn.api].whole(turn))
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...headersOf(turn, ms),
  }
  return { status: 200, headers, headersMs: ms, pieces: [{ atMs: ms, text }], breaks: false, endMs: ms }
}

function stream(turn: Turn, random: Random): Answer {
  const { firstMs, perSecond } = paceOf(turn, random)
  const headersMs = firstMs * 0.6
  const hidden =
    turn.reply.thinking !== null && turn.provider === 'openai' && turn.api === 'chat' ? meter(turn).reasoning : 0
  let atMs = firstMs + (hidden / perSecond) * 1000
  let pieces = wires[turn.api].events(turn).map(({ text, tokens }: WireEvent) => {
    if (tokens > 0) atMs += (tokens / perSecond) * 1000 * random.around(1, 0.5)
    return { atMs: tokens > 0 ? atMs : Math.max(headersMs + 1, atMs), text }
  })
  const breaks = turn.reply.fault === 'break'
  if (breaks) pieces = pieces.slice(0, Math.max(3, Math.floor(pieces.length * (0.3 + 0.5 * random.next()))))
  const endMs = pieces.at(-1)!.atMs + 1
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...headersOf(turn, firstMs),
    },
    headersMs,
    pieces,
    breaks,
    endMs,
  }
}

function refusal(turn: Turn, trouble: Trouble, random: Random): Answer {
  const text = JSON.stringify(wires[turn.api].error(trouble))
  const ms = random.around(trouble.status === 500 ? 2400 : 140)
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...(trouble.status === 429 ? { 'retry-after': '2' } : {}),
    ...headersOf(turn, ms),
  }
  return { status: trouble.status, headers, headersMs: ms, pieces: [{ atMs: ms, text }], breaks: false, endMs: ms }
}

const headersOf = (turn: Turn, ms: number): Record<string, string> => ({
  ...wires[turn.api].headers(turn),
  ...(turn.provider === 'openai' ? { 'openai-processing-ms': String(Math.round(ms)) } : {}),
})
