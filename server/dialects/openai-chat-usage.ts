/** What `usage` means on the servers that speak Chat Completions: the same names, five opinions about what is inside what. */
import type { Usage } from '../call.ts'
import type { Answer } from './dialect.ts'
import { asCount, asObject, isObject, kept, type Json } from './read/json.ts'
import { splitTotal, toNano } from './read/usage.ts'

/**
 * `prompt_tokens` counts cached tokens, `completion_tokens` counts reasoning: our buckets never overlap. xAI and Gemini's OpenAI
 * endpoint count reasoning outside `completion_tokens` but inside `total_tokens`, which gives them away; DeepSeek, Mistral and
 * Moonshot have their own names for cached tokens.
 */
export function readChatUsage(usage: Json): Pick<Answer, 'usage' | 'usageRaw' | 'reportedCostNano'> {
  return { usage: toUsage(usage), usageRaw: kept(usage), reportedCostNano: toReportedCost(usage) }
}

function toUsage(usage: Json): Usage | null {
  const prompt = asCount(usage.prompt_tokens)
  const completion = asCount(usage.completion_tokens)
  const total = asCount(usage.total_tokens)
  if (prompt === null && completion === null && total === null) return null
  const input = prompt ?? (total === null ? null : Math.max(0, total - (completion ?? 0)))
  const inside = asObject(usage.prompt_tokens_details)
  const cached =
    asCount(inside.cached_tokens) ?? asCount(usage.prompt_cache_hit_tokens) ?? asCount(usage.num_cached_tokens)
  const result = splitTotal(input, 'input', [
    ['cacheRead', cached ?? asCount(usage.cached_tokens)],
    ['cacheWrite', asCount(inside.cache_write_tokens)],
    ['audioInput', asCount(inside.audio_tokens)],
    ['imageInput', asCount(inside.image_tokens)],
    ['videoInput', asCount(inside.video_tokens)],
  ])
  if (completion !== null) {
    const beyond = total === null || input === null ? 0 : total - input - completion
    Object.assign(result, toOutput(usage, completion, beyond))
  }
  const searches = asCount(asObject(usage.server_tool_use_details ?? usage.server_tool_use).web_search_requests)
  if (searches ?? asCount(usage.num_search_queries))
    result.webSearches = searches ?? asCount(usage.num_search_queries) ?? 0
  return result
}

/** `beyond`: tokens in the total that are neither prompt nor completion. */
function toOutput(usage: Json, completion: number, beyond: number): Usage {
  const inside = asObject(usage.completion_tokens_details)
  const reasoning = asCount(inside.reasoning_tokens) ?? asCount(usage.reasoning_tokens)
  const parts = [
    ['audioOutput', asCount(inside.audio_tokens)],
    ['imageOutput', asCount(inside.image_tokens)],
  ] as const
  if (beyond > 0) return { ...splitTotal(completion, 'output', parts), reasoning: beyond }
  return splitTotal(completion, 'output', [['reasoning', reasoning], ...parts])
}

/** OpenRouter: dollars (with one's own upstream key, what that key pays is beside it). Perplexity: an object. xAI: 1e-10 dollars. */
function toReportedCost(usage: Json): number | null {
  const ticks = asCount(usage.cost_in_usd_ticks)
  if (ticks !== null) return Math.round(ticks / 10)
  const cost = isObject(usage.cost) ? asCount(usage.cost.total_cost) : asCount(usage.cost)
  if (cost === null || usage.is_byok !== true) return toNano(cost)
  return toNano(cost + (asCount(asObject(usage.cost_details).upstream_inference_cost) ?? 0))
}
