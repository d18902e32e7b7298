/** Agent runs as turns: recorded ones, and what is put into them. Content is text only; ids, order of keys and white space vary. */
import type { Call } from '../../server/call.ts'
import type { Message, Part, RequestFacts } from '../../server/dialects/dialect.ts'
import { openaiChat } from '../../server/dialects/openai-chat.ts'
import { DEFAULT_POLLING } from '../../server/loops/polling.ts'
import type { LoopSettings } from '../../server/loops/settings.ts'
import { DEFAULT_THRESHOLDS } from '../../server/loops/thresholds.ts'
import type { Turn } from '../../server/sessions/turn.ts'
import { NOON, toCall } from '../db/calls.ts'
import type { AgentSession } from '../support/corpus.ts'

export const SETTINGS: LoopSettings = {
  action: 'alert',
  rules: DEFAULT_THRESHOLDS,
  caps: { calls: null, costNano: null, tokens: null, ms: null },
  polling: DEFAULT_POLLING,
  throttleMs: 5000,
  releaseMs: 60_000,
  keys: {},
  routes: {},
}

/** One turn of an agent: what came in new, and what the model answered. */
export interface Move {
  news: Message[]
  answer: Message | null
  /** Milliseconds after the turn before. */
  after: number
  call?: Partial<Call>
  mark?: Turn['mark']
  /** Without what was before. */
  afresh?: boolean
}

export const text = (role: string, said: string): Message => ({ role, parts: [{ type: 'text', text: said }] })

export const ask = (id: string, name: string, args: string, said = ''): Message => ({
  role: 'assistant',
  parts: [
    ...(said === '' ? [] : [{ type: 'text', text: said } satisfies Part]),
    { type: 'tool_call', id, name, arguments: args },
  ],
})

export const result = (id: string, said: string, isError?: boolean): Message => ({
  role: 'tool',
  parts: [
    {
      type: 'tool_result',
      id,
      name: null,
      parts: [{ type: 'text', text: said }],
      ...(isError === undefined ? {} : { isError }),
    },
  ],
})

const request = (messages: Message[]): RequestFacts => ({
  ...openaiChat.readRequest({}, { operation: 'chat', path: '' }),
  messages,
})

let serial = 0

/** Each turn has the whole history in its request, as agents send it. */
export function toTurns(moves: readonly Move[], session = `s-${++serial}`): Turn[] {
  const history: Message[] = []
  let at = NOON
  let parent: string | null = null
  return moves.map((move) => {
    at += move.after
    if (move.afresh) history.length = 0
    const newFrom = history.length
    history.push(...move.news)
    const id = `c-${++serial}`
    const size = history.length
    const call = toCall({
      startedAt: at,
      id,
      sessionId: session,
      lane: 'a',
      parentId: newFrom === 0 ? null : parent,
      usage: { input: 500 + 60 * size, output: 40 },
      costNano: 1_000_000,
      requestSha256: `${session}-${id}`,
      findings: [],
      route: null,
      ...move.call,
    })
    const turn: Turn = {
      call,
      request: request(history.slice()),
      answer: answerOf(move.answer),
      newFrom,
      mark: move.mark ?? null,
    }
    if (move.answer) history.push(move.answer)
    parent = id
    return turn
  })
}

const answerOf = (message: Message | null): Turn['answer'] =>
  message && {
    model: null,
    id: null,
    finishReason: null,
    messages: [message],
    usage: null,
    usageRaw: null,
    usageSource: 'none',
    reportedCostNano: null,
    serviceTier: null,
    error: null,
    complete: true,
    events: null,
  }

/** A recorded run: what stands between two answers is what was new. */
export function movesOf({ messages }: AgentSession): Move[] {
  const read = openaiChat.readRequest({ messages }, { operation: 'chat', path: '' }).messages
  const moves: Move[] = []
  let news: Message[] = []
  for (const message of read) {
    if (message.role !== 'assistant') news.push(message)
    else {
      moves.push({ news, answer: message, after: 8000 })
      news = []
    }
  }
  return moves
}
