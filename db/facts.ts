/**
 * What is concluded from a call once, when it is stored, so that rows and rollups can never disagree about it: what counts as
 * unpriced, whose duration says something about the provider, which tokens are input.
 */
import type { Call, Outcome, Usage } from '../server/call.ts'
import { toInt, toReal } from './text.ts'

/** Outcomes that count as errors. A refusal is Weir's word, an abort the client's: each has its own figure. */
export const ERRORS: readonly Outcome[] = ['error', 'upstream_abort', 'timeout', 'interrupted']
/** Outcomes whose duration is the provider's own. */
const TIMED: readonly Outcome[] = ['ok', 'error', 'upstream_abort', 'timeout']

/**
 * A call whose cost is unknown, though it may have cost something. Not: what Weir refused, what the provider turned away with
 * an error and no usage, and housekeeping.
 */
export const isUnpriced = (call: Call): boolean =>
  call.costNano === null &&
  !call.auxiliary &&
  call.outcome !== 'refused' &&
  !(call.outcome === 'error' && call.usage === null)

export const timedMs = (call: Call): number | null => (TIMED.includes(call.outcome) ? toReal(call.durationMs) : null)

/** From first token to end, for streams that ended well with a known output; under 1 ms nothing can be said. */
export const speedMs = (call: Call): number | null => {
  if (call.outcome !== 'ok' || call.firstTokenMs === null || call.durationMs === null || !call.usage) return null
  const ms = call.durationMs - call.firstTokenMs
  return ms >= 1 && outputTokens(call.usage) > 0 ? toReal(ms) : null
}

export const inputTokens = (usage: Usage): number =>
  count(usage.input) +
  count(usage.cacheRead) +
  count(usage.cacheWrite) +
  count(usage.cacheWrite1h) +
  count(usage.audioInput) +
  count(usage.audioCacheRead) +
  count(usage.imageInput) +
  count(usage.videoInput)

export const outputTokens = (usage: Usage): number =>
  count(usage.output) + count(usage.reasoning) + count(usage.audioOutput) + count(usage.imageOutput)

export const count = (value: number | undefined): number => toInt(value) ?? 0
