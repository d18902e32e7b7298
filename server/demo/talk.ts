/** A conversation in the making: keeps the history that the next turn sends again, as every client of these APIs does. */
import type { Random } from './random.ts'
import { type Client, type Json, meter, type Reply, type Said, type ToolUse, type Turn } from './turn.ts'

export interface Talk {
  user(text: string): void
  /** The next turn; its answer becomes part of the history. */
  turn(
    reply: Partial<Omit<Reply, 'calls'>> & { calls?: { name: string; arguments: Json }[] },
    more?: Partial<Turn>,
  ): Turn
  /** What the tools of the last turn brought, in the order of their calls. */
  results(...results: string[]): void
}

export const NO_REPLY: Reply = { text: '', thinking: null, calls: [], cut: false, fault: null }

/** Providers cache prompts from this many tokens on (OpenAI, Anthropic; Gemini alike). */
const CACHED_FROM = 1024

export function createTalk(client: Client, random: Random): Talk {
  const messages: Said[] = []
  let last: ToolUse[] = []
  let before = 0

  return {
    user: (text) => void messages.push({ role: 'user', text }),
    turn(reply, more = {}) {
      const calls = (reply.calls ?? []).map((call) => ({
        ...call,
        id: `${client.api === 'messages' ? 'toolu_' : 'call_'}${random.hex(16)}`,
      }))
      const turn = oneTurn(client, random, {
        messages: [...messages],
        reply: { ...NO_REPLY, ...reply, calls },
        cached: before,
        ...more,
      })
      const { text, thinking } = turn.reply
      messages.push({
        role: 'assistant',
        text,
        thinking: client.api === 'chat' || client.api === 'gemini' ? null : thinking,
        calls,
      })
      last = calls
      const { prompt } = meter(turn)
      before = prompt >= CACHED_FROM ? prompt - (prompt % 128) : 0
      return turn
    },
    results: (...results) =>
      void results.forEach((result, at) =>
        messages.push({ role: 'tool', id: last[at]!.id, name: last[at]!.name, result }),
      ),
  }
}

export const oneTurn = (client: Client, random: Random, more: Partial<Turn>): Turn => ({
  ...client,
  id: random.hex(16),
  messages: [],
  inputs: [],
  reply: NO_REPLY,
  cached: 0,
  route: null,
  stumble: null,
  slow: random.chance(0.03) ? random.around(6, 0.4) : 1,
  leavesAfterMs: null,
  pauseMs: random.around(900, 0.6),
  ...more,
})
