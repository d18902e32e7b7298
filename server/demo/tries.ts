/** The tries of a made-up call of the past: one; of a route two where its first target stumbles. */
import { maskHeaders } from '../gateway/mask.ts'
import type { AttemptMeta } from '../journal/entry.ts'
import { type Answer, toAnswer } from './answer.ts'
import type { Turn } from './turn.ts'
import { wires } from './wire/registry.ts'

/** Where the route `sort` of the demo goes, in this order. */
export const SORT = [
  { provider: 'groq', model: 'llama-3.3-70b-versatile' },
  { provider: 'mistral', model: 'mistral-small-latest' },
] as const

export interface Try {
  turn: Turn
  answer: Answer
  /** Milliseconds that the tries before it took. */
  afterMs: number
}

export function toTries(turn: Turn): Try[] {
  if (turn.route === null || turn.stumble === null) return [{ turn, answer: toAnswer(turn), afterMs: 0 }]
  const failing = { ...turn, reply: { ...turn.reply, fault: turn.stumble.fault } }
  const answer = toAnswer(failing)
  const other = { ...turn, ...SORT[1] }
  return [
    { turn: failing, answer, afterMs: 0 },
    { turn: other, answer: toAnswer(other), afterMs: answer.endMs },
  ]
}

/** What a try of a route says beside the usual. */
export function toAttempt(
  { turn, answer, afterMs }: Try,
  {
    n,
    last,
    startedAt,
    overheadMs,
    credential,
  }: { n: number; last: boolean; startedAt: number; overheadMs: number; credential: string | null },
): AttemptMeta {
  const { provider, model, api, route } = turn
  const attempt: AttemptMeta = {
    n,
    target: route === null ? provider : `${provider}/${model}`,
    startedAt: Math.floor(startedAt + afterMs),
    atMs: overheadMs + afterMs,
    connectMs: 0.1,
    headersMs: answer.headersMs,
    status: answer.status,
    statusMessage: '',
    headers: maskHeaders(Object.entries(answer.headers).flat()),
    error: null,
    reason: null,
  }
  if (route === null) return attempt
  const why = n === 1 ? `first of route ${route}` : `next of route ${route}`
  return {
    ...attempt,
    provider,
    model,
    path: `/${provider}${wires[api].path(turn)}`,
    credential,
    reason: last ? why : `${why}; ${answer.status}, so the next was tried`,
  }
}
