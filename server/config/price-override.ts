/**
 * `prices:` of weir.yaml: the user's own rates, which win over the price library. Both spellings that people have at hand are
 * understood: dollars per million tokens (`inputPerMillion`) and LiteLLM's dollars per token (`input_cost_per_token`).
 */
import { z } from 'zod'
import { amount } from './units.ts'

/** Own names: dollars per million tokens of a bucket, or dollars per unit. */
export const OWN_RATES = [
  'inputPerMillion',
  'cacheReadPerMillion',
  'cacheWritePerMillion',
  'cacheWrite1hPerMillion',
  'outputPerMillion',
  'reasoningPerMillion',
  'audioInputPerMillion',
  'audioCacheReadPerMillion',
  'audioOutputPerMillion',
  'imageInputPerMillion',
  'imageOutputPerMillion',
  'videoInputPerMillion',
  'perWebSearch',
  'perSecond',
  'perCharacter',
  'perImage',
  'perRequest',
] as const

/** LiteLLM's names: dollars per token, second, character, image or query. https://docs.litellm.ai/docs/proxy/custom_pricing */
export const LITELLM_RATES = [
  'input_cost_per_token',
  'output_cost_per_token',
  'cache_read_input_token_cost',
  'cache_creation_input_token_cost',
  'cache_creation_input_token_cost_above_1hr',
  'output_cost_per_reasoning_token',
  'input_cost_per_audio_token',
  'output_cost_per_audio_token',
  'input_cost_per_image_token',
  'output_cost_per_image_token',
  'input_cost_per_second',
  'output_cost_per_second',
  'input_cost_per_character',
  'output_cost_per_image',
  'input_cost_per_query',
] as const

export type RateName = (typeof OWN_RATES)[number] | (typeof LITELLM_RATES)[number]

/** `2026-01-31` or a full ISO time, as epoch milliseconds; a bare date is its first moment in UTC. */
const moment = () =>
  z.string().transform((text, context) => {
    const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
    if (!Number.isNaN(at)) return at
    context.addIssue({ code: 'custom', message: `"${text}" is not a date: write it as 2026-01-31`, input: text })
    return z.NEVER
  })

const rates = Object.fromEntries([...OWN_RATES, ...LITELLM_RATES].map((name) => [name, amount().optional()])) as Record<
  RateName,
  z.ZodOptional<ReturnType<typeof amount>>
>

export const priceOverride = z
  .strictObject({
    provider: z.string().min(1).optional().describe('Only for this provider; absent: for every one.'),
    model: z.string().min(1).describe('Model name; * stands for any text.'),
    from: moment().optional().describe('First day on which this rate holds, such as 2026-01-01 (UTC).'),
    to: moment().optional().describe('Day on which it no longer holds.'),
    multiplier: amount().optional().describe('Times the list price, such as 0.85 for a discount of 15 %.'),
    ...rates,
  })
  .superRefine((price, context) => {
    const named = [...OWN_RATES, ...LITELLM_RATES].some((name) => price[name] !== undefined)
    if (named || price.multiplier !== undefined) return
    const says = `this price for ${price.model} names no rate: add inputPerMillion, outputPerMillion … or multiplier`
    context.addIssue({ code: 'custom', message: says })
  })

export type PriceOverride = z.output<typeof priceOverride>
