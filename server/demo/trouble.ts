/** Things that go wrong in any scenario, now and then: and then the client's SDK tries the same again, as SDKs do. */
import type { Random } from './random.ts'
import type { Fault, Turn } from './turn.ts'

const COMMON: readonly Fault[] = ['rate_limit', 'rate_limit', 'server_error', 'overloaded']

/** The failed tries that come before this turn; mostly none. `share`: how often there is trouble. */
export function triesBefore(turn: Turn, random: Random, share: number): Turn[] {
  if (turn.reply.fault !== null || turn.provider === 'ollama') return []
  const tries: Turn[] = []
  for (let n = 0; n < 2 && random.chance(share); n++) {
    const fault = share > 0.2 ? 'overloaded' : random.pick(COMMON)
    tries.push({
      ...retried(turn, n),
      id: random.hex(16),
      reply: { ...turn.reply, fault },
      slow: 1,
      leavesAfterMs: null,
      pauseMs: random.around(700),
    })
  }
  return tries
}

/** The SDKs of OpenAI and Anthropic count their tries in a header. */
export const retried = (turn: Turn, n: number): Turn => ({
  ...turn,
  headers: { ...turn.headers, ...(turn.headers['x-stainless-lang'] ? { 'x-stainless-retry-count': String(n) } : {}) },
})
