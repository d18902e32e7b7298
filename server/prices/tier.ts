/** Service tiers: the library lists standard prices only. A tier whose factor nobody publishes has no known price. */

/**
 * Flex and batch are half price at OpenAI, Azure and Google (https://ai.google.dev/gemini-api/docs/optimization,
 * https://platform.openai.com/docs/guides/flex-processing), batch at Anthropic, too. Groq's flex costs the same. Priority is dearer by a
 * factor that differs from model to model, and committed throughput is paid by the hour: no price per token.
 */
const FACTORS: readonly { tier: RegExp; providers: RegExp; factor: number | null }[] = [
  { tier: /flex|batch/, providers: /^(openai|azure|google)$/, factor: 0.5 },
  { tier: /batch/, providers: /^(anthropic|groq)$/, factor: 0.5 },
  { tier: /priority|provisioned|fast/, providers: /^(openai|azure|google|anthropic)$/, factor: null },
]

/** `tier` as the answer says it (`flex`, `ON_DEMAND_FLEX`, `priority` …); 1: standard, or a tier that costs the same. */
export function tierFactor(providerId: string, tier: string | null): number | null {
  if (tier === null) return 1
  const name = tier.toLowerCase()
  const rule = FACTORS.find((candidate) => candidate.tier.test(name) && candidate.providers.test(providerId))
  return rule === undefined ? 1 : rule.factor
}
