/** The figures on top of the overview: each with its change against the period before, and what it means. */
import type { Percentiles, Totals } from '../../../db/queries/overview.ts'
import { join, toCount, toDuration, toMoney, toPercent, toShort, UNKNOWN, type Figure } from '../../lib/format.ts'

export interface Kpi {
  id: 'cost' | 'calls' | 'errors' | 'latency' | 'ttft' | 'tokens' | 'saved'
  label: string
  figure: Figure
  /** A second figure beside the first, smaller. */
  beside: string
  change: string
  /** Whether the change is good news; null: neither. */
  good: boolean | null
  /** What is counted, for the hover. */
  help: string
  /** The calls behind it. */
  q: string
}

/** Below this the change is noise and is not told. */
const FLAT = 0.005

const plus = (n: number, text: string) => (n > 0 ? `+${text}` : n < 0 ? `−${text}` : '±0')
export function toChange(now: number | null, before: number | null): string {
  if (now === null || before === null || before === 0) return ''
  const change = now / before - 1
  if (Math.abs(change) < FLAT) return '±0'
  if (change >= 9) return `× ${Math.round(now / before)}`
  return plus(
    change,
    `${Math.abs(change * 100) < 10 ? Math.abs(change * 100).toFixed(1) : Math.abs(change * 100).toFixed(0)} %`,
  )
}

const known = (...parts: (number | null)[]) =>
  parts.every((n) => n === null) ? null : parts.reduce<number>((sum, n) => sum + (n ?? 0), 0)
export const allTokens = ({ tokens: t }: Totals) => known(t.input, t.cacheRead, t.cacheWrite, t.output, t.reasoning)
const cachedShare = ({ tokens: t }: Totals) => {
  const all = known(t.input, t.cacheRead, t.cacheWrite)
  return all ? (t.cacheRead ?? 0) / all : null
}
const rate = (t: Totals) => (t.calls > 0 ? t.errors / t.calls : null)
const faster = (now: number | null, before: number | null) =>
  now === null || before === null || Math.abs(now / before - 1) < 0.1 ? null : now < before

function latency(
  id: 'latency' | 'ttft',
  label: string,
  now: Percentiles,
  before: Percentiles,
  help: string,
  q: string,
): Kpi {
  return {
    id,
    label,
    figure: toDuration(now.p50),
    beside: now.p95 === null ? '' : `/ ${join(toDuration(now.p95))}`,
    change: toChange(now.p50, before.p50),
    good: faster(now.p50, before.p50),
    help: `${help} Half are faster than the first figure, 95 % than the second${now.p99 === null ? '' : `; 99 % than ${join(toDuration(now.p99))}`}.`,
    q,
  }
}

export function toKpis(now: Totals, before: Totals): Kpi[] {
  const [errors, errorsBefore] = [rate(now), rate(before)]
  const points = errors === null || errorsBefore === null ? null : (errors - errorsBefore) * 100
  const cached = cachedShare(now)
  const tokens = allTokens(now)
  const estimated = now.estimatedNano > 0
  return [
    {
      id: 'cost',
      label: 'Spend',
      figure: {
        value:
          now.costNano === null
            ? now.calls > 0
              ? 'unpriced'
              : UNKNOWN
            : `${estimated ? '≈ ' : ''}${toMoney(now.costNano, now.costNano >= 1e9 || now.costNano === 0 ? 2 : undefined)}`,
        unit: '',
      },
      beside: '',
      change: toChange(now.costNano, before.costNano),
      good: null,
      help: `What will be billed for the calls whose price is known.${now.unpricedCalls ? ` ${toCount(now.unpricedCalls)} calls are unpriced and not in it.` : ''}${estimated ? ` ${toMoney(now.estimatedNano)} of it stands on estimated tokens.` : ''}`,
      q: now.unpricedCalls && now.costNano === null ? 'unpriced:yes' : 'has:cost',
    },
    {
      id: 'calls',
      label: 'Calls',
      figure: toShort(now.calls),
      beside: '',
      change: toChange(now.calls, before.calls),
      good: null,
      help: 'Calls that started in this range, without housekeeping such as model lists.',
      q: '',
    },
    {
      id: 'errors',
      label: 'Errors',
      figure: toPercent(errors),
      beside: '',
      change:
        points === null
          ? ''
          : Math.abs(points) < 0.005
            ? '±0'
            : plus(points, `${Math.abs(points).toFixed(Math.abs(points) < 1 ? 2 : 1)} pt`),
      good: points === null || Math.abs(points) < 0.05 ? null : points < 0,
      help: `${toCount(now.errors)} of ${toCount(now.calls)} calls failed: error answers, broken streams, timeouts. Not in it: ${toCount(now.refused)} refused by Weir, ${toCount(now.aborted)} left by the client.`,
      q: 'outcome:error,upstream_abort,timeout,interrupted',
    },
    latency(
      'ttft',
      'First token p50 / p95',
      now.firstTokenMs,
      before.firstTokenMs,
      'From the call’s start to the first piece of content, over streams.',
      'stream:yes',
    ),
    latency(
      'latency',
      'Duration p50 / p95',
      now.durationMs,
      before.durationMs,
      'Whole calls that came to an end of their own.',
      '',
    ),
    {
      id: 'tokens',
      label: 'Tokens',
      figure: toShort(tokens, 9_999),
      beside: '',
      change: cached === null ? toChange(tokens, allTokens(before)) : `${join(toPercent(cached))} cached`,
      good: null,
      help: `${toCount(now.tokens.input)} input, ${toCount(now.tokens.cacheRead)} read from and ${toCount(now.tokens.cacheWrite)} written to the providers’ caches, ${toCount(now.tokens.output)} output, ${toCount(now.tokens.reasoning)} reasoning.${now.estimatedCalls ? ` Estimated for ${toCount(now.estimatedCalls)} calls.` : ''}`,
      q: '',
    },
    ...(now.cacheHits > 0 ? [saved(now, before)] : []),
  ]
}

/** Shown only where the cache has answered something. */
const saved = (now: Totals, before: Totals): Kpi => ({
  id: 'saved',
  label: 'Saved by cache',
  figure: { value: toMoney(now.savedNano, now.savedNano >= 1e9 ? 2 : undefined), unit: '' },
  beside: '',
  change: `${join(toShort(now.cacheHits, 9_999))} ${now.cacheHits === 1 ? 'hit' : 'hits'}`,
  good: null,
  help: `${toCount(now.cacheHits)} calls were answered from Weir’s cache; from a provider they would have cost this at list price. In the time before: ${toMoney(before.savedNano)}.`,
  q: 'cache:hit',
})
