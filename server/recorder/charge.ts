/** What a stored call has taken of limits and budgets. `db/queries/limit-sums.ts` says the same of rows; a test compares the two. */
import { inputTokens, isUnpriced, outputTokens } from '../../db/facts.ts'
import type { Call } from '../call.ts'
import { isCountedMethod } from '../policy/limits/counted.ts'
import type { Charge } from '../policy/limits/ledger.ts'

export const toCharge = (call: Call): Charge => {
  if (call.auxiliary || call.outcome === 'refused' || !isCountedMethod(call.method)) return null
  return {
    startedAt: call.startedAt,
    key: call.key,
    team: call.team,
    user: call.user,
    tags: call.tags,
    route: call.route,
    model: call.model,
    provider: call.provider,
    sessionId: call.sessionId,
    lane: call.lane,
    tokens: tokensOf(call),
    costNano: call.costNano,
    unpriced: isUnpriced(call),
  }
}

/** Nobody upstream reads or writes anything for an answer from the cache, nor for a request that was turned away. */
function tokensOf({ outcome, usage }: Call): number | null {
  if (outcome === 'cache_hit') return 0
  if (usage) return inputTokens(usage) + outputTokens(usage)
  return outcome === 'error' ? 0 : null
}
