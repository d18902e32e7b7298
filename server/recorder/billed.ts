/**
 * Tries that were answered in full, billed, and given up for the next target (quality rules of a route). Their usage came with the
 * journal; it is priced like any other, and the call's usage and cost are those of all its tries: attempts add up to the call.
 */
import type { Call, CostPart, Usage } from '../call.ts'
import type { AttemptMeta, JournaledCall } from '../journal/entry.ts'
import { emptyAnswer } from '../dialects/read/fold.ts'
import { NOTHING_DECODED, type Decoded } from './decode.ts'
import type { Counted, Priced } from './to-call.ts'

export interface Billed {
  n: number
  usage: Usage | null
  priced: Priced
}

type Price = (call: JournaledCall, decoded: Decoded, counted: Counted) => Priced

/** null: there was none, as with nearly every call. */
export function billedBefore(call: JournaledCall, price: Price): Billed[] | null {
  if (call.attempts.length < 2) return null
  const last = call.attempts.at(-1)
  const found = call.attempts.filter((attempt) => attempt !== last && attempt.answer !== undefined)
  return found.length === 0 ? null : found.map((attempt) => toBilled(call, attempt, price))
}

function toBilled(call: JournaledCall, attempt: AttemptMeta, price: Price): Billed {
  const { provider = call.start.provider, model = null, n } = attempt
  const { model: responseModel, usage, serviceTier, reportedCostNano } = attempt.answer!
  const start = {
    ...call.start,
    provider,
    model,
    billing: provider === call.start.provider ? call.start.billing : null,
  }
  const answer = { ...emptyAnswer(), model: responseModel, usage, serviceTier, reportedCostNano }
  return {
    n,
    usage,
    priced: price({ ...call, start }, { ...NOTHING_DECODED, answer }, { usage, usageSource: 'provider' }),
  }
}

/** The call with what its earlier tries took. */
export function withBilled(call: Call, billed: readonly Billed[]): Call {
  const { n, status } = call.attempts.reduce((a, b) => (b.n > a.n ? b : a))
  // The last try never answered, so all that was billed is what came before it.
  const none = call.usage === null && status === null && !billed.some((each) => each.n === n)
  const own = { usage: none ? {} : call.usage, costNano: none ? 0 : call.costNano, listNano: none ? 0 : call.listNano }
  const all = billed.map(({ usage, priced }) => ({ usage, costNano: priced.costNano, listNano: priced.listNano }))
  const each = [own, ...all]
  return {
    ...call,
    usage: each.map(({ usage }) => usage).reduce(sumUsage),
    usageSource: none ? 'partial' : call.usageSource,
    costNano: each.map(({ costNano }) => costNano).reduce(sum),
    listNano: each.map(({ listNano }) => listNano).reduce(sum),
    costParts: [call.costParts ?? [], ...billed.map(({ priced }) => priced.costParts ?? [])].reduce(sumParts),
  }
}

/** What is not known of one is not known of all. */
const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)

function sumUsage(a: Usage | null, b: Usage | null): Usage | null {
  if (a === null || b === null) return null
  const total: Usage = { ...a }
  for (const bucket of Object.keys(b) as (keyof Usage)[]) total[bucket] = (total[bucket] ?? 0) + b[bucket]!
  return total
}

/** Two models have two prices: only what has the same is one part. */
function sumParts(a: readonly CostPart[], b: readonly CostPart[]): CostPart[] {
  const parts = a.map((part) => ({ ...part }))
  for (const part of b) {
    const same = parts.find(({ bucket, unitNano }) => bucket === part.bucket && unitNano === part.unitNano)
    if (!same) parts.push({ ...part })
    else {
      same.quantity += part.quantity
      same.costNano = sum(same.costNano, part.costNano)
    }
  }
  return parts
}
