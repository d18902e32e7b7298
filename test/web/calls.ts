/** Made-up calls for the browser tests: seeded, the same every time, and of every kind that a row can show. */
import { toCall } from '../api/house.ts'
import type { Call, Outcome, Usage } from '../../server/call.ts'

const createRandom = (seed: number) => () => (seed = (seed * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32

const MODELS = [
  {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    dialect: 'anthropic-messages',
    input: 3000,
    output: 15_000,
    share: 0.34,
  },
  { provider: 'openai', model: 'gpt-5.1', dialect: 'openai-chat', input: 1250, output: 10_000, share: 0.27 },
  { provider: 'gemini', model: 'gemini-2.5-pro', dialect: 'gemini', input: 1250, output: 10_000, share: 0.16 },
  { provider: 'openai', model: 'gpt-5-mini', dialect: 'openai-responses', input: 250, output: 2000, share: 0.14 },
  { provider: 'groq', model: 'llama-3.3-70b-versatile', dialect: 'openai-chat', input: 590, output: 790, share: 0.06 },
  { provider: 'my-vllm', model: 'qwen3-32b', dialect: 'openai-chat', input: null, output: null, share: 0.03 },
] as const
const SAID = [
  'Order A-5519 was delivered nine days ago, so it is inside the 30-day window.',
  'Find the cheapest refundable fare from Lisbon to Oslo on Friday, two adults.',
  'Your refund of $184.20 is on its way and should arrive within five working days.',
  'Summarise the incident in five lines for the status page.',
  'Which of these clauses changed between the two versions of the contract?',
  'The deploy failed because the migration ran before the new column had a default.',
  'tool result: {"orders":[{"id":"A-5519","total":184.2,"state":"delivered"}]}',
]
const FEATURES = ['checkout-agent', 'doc-search', 'triage', 'summaries', null]
const APPS = ['openai-python 2.8.1', 'claude-cli 2.1.0', 'ai-sdk 7.0', 'langchain-openai', 'curl 8.9']
const TOOLS = ['search_orders', 'get_refund_policy', 'search_flights', 'read_file']

/** `count` calls, newest first, the newest at `until`; more of them lately and in the day than at night. */
export function makeCalls(count: number, until: number, spanMs = 86_400_000, seed = 7): Call[] {
  const random = createRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const step = spanMs / count
  let at = until
  return Array.from({ length: count }, () => {
    const wave = 1.35 - Math.cos(((until - at) / 86_400_000) * 2 * Math.PI) * 0.85
    at -= Math.round(step * (0.15 + random() * 1.7) * wave * 0.7)
    return makeCall(at, random, pick)
  })
}

function makeCall(startedAt: number, random: () => number, pick: <T>(list: readonly T[]) => T): Call {
  let share = random()
  const kind = MODELS.find((m) => (share -= m.share) < 0) ?? MODELS[0]
  const stream = random() < 0.7
  const outcome: Outcome =
    random() < 0.012
      ? 'upstream_abort'
      : random() < 0.02
        ? 'error'
        : random() < 0.015
          ? 'client_abort'
          : random() < 0.005
            ? 'timeout'
            : 'ok'
  const failed = outcome === 'error' || outcome === 'timeout'
  const firstTokenMs = stream && !failed ? 120 + random() ** 3 * 2400 : null
  const durationMs =
    outcome === 'timeout' ? 60_000 : outcome === 'error' ? 40 + random() * 300 : 300 + random() ** 3 * 24_000
  const all = Math.floor(400 + random() ** 2 * 14_000)
  const cached = random() < 0.5 ? Math.floor(all * 0.8) : 0
  const usage: Usage | null = failed
    ? null
    : {
        input: all - cached,
        ...(cached && { cacheRead: cached }),
        output: Math.floor(20 + random() ** 2 * 900),
        ...(kind.model === 'gpt-5.1' && { reasoning: Math.floor(random() * 700) }),
      }
  const costNano =
    usage === null || kind.input === null
      ? null
      : Math.round(
          (usage.input ?? 0) * kind.input +
            cached * kind.input * 0.1 +
            ((usage.output ?? 0) + (usage.reasoning ?? 0)) * kind.output,
        )
  const feature = pick(FEATURES)
  const toolCalls = random() < 0.24 && !failed ? [pick(TOOLS)] : []
  const status = outcome === 'error' ? pick([429, 500, 400, 529]) : outcome === 'timeout' ? 504 : 200
  return toCall({
    startedAt,
    provider: kind.provider,
    model: kind.model,
    responseModel: kind.model,
    dialect: kind.dialect,
    target: kind.provider,
    path: `/${kind.provider}/v1/${kind.dialect === 'anthropic-messages' ? 'messages' : 'chat/completions'}`,
    stream,
    durationMs: Math.max(durationMs, firstTokenMs ?? 0),
    firstTokenMs,
    outcome,
    status: outcome === 'client_abort' ? 200 : status,
    errorCode: outcome === 'error' ? 'rate_limit_error' : outcome === 'timeout' ? 'first_event_timeout' : null,
    errorMessage:
      outcome === 'error'
        ? 'Rate limit reached for requests'
        : outcome === 'timeout'
          ? 'no event within 60 s'
          : outcome === 'upstream_abort'
            ? 'stream broke after 212 events'
            : null,
    usage,
    usageSource:
      usage === null ? 'none' : outcome === 'ok' ? 'provider' : outcome === 'client_abort' ? 'estimated' : 'partial',
    costNano,
    listNano: costNano,
    costSource: 'genai-prices 2026-11-20',
    preview: failed ? null : toolCalls.length > 0 ? toolCalls.map((t) => `→ ${t}`).join(', ') : pick(SAID),
    toolCalls,
    tools: random() < 0.4 ? [...TOOLS] : [],
    finishReason: failed ? null : toolCalls.length > 0 ? 'tool_calls' : random() < 0.02 ? 'length' : 'stop',
    tags: feature ? { feature } : ({} as Record<string, string>),
    user: random() < 0.5 ? pick(['ann', 'bob', 'eve']) : null,
    sessionId: random() < 0.6 ? `refund-${Math.floor(random() * 900).toString(16)}` : null,
    app: pick(APPS),
    events: stream ? 212 : null,
  })
}
