/** Bucket arithmetic shared by dialects whose totals include their parts. */
import type { Bucket, Usage } from '../../call.ts'

/**
 * Splits an inclusive total into disjoint buckets: the named parts, and `rest` for what is left. A part that the provider did not
 * speak of (null) makes no bucket. Where the parts add up to more than the total (they overlap, cached audio for instance), later
 * parts give way, so that the sum is always the total that the provider stated. A total that it did not state (null) makes no
 * bucket at all: unknown is not 0.
 */
export function splitTotal(
  total: number | null,
  rest: Bucket,
  parts: readonly (readonly [Bucket, number | null])[],
): Usage {
  const usage: Usage = {}
  if (total === null) return usage
  let left = total
  for (const [bucket, count] of parts) {
    if (count === null) continue
    const share = Math.min(count, left)
    usage[bucket] = share
    left -= share
  }
  usage[rest] = left
  return usage
}

/** Dollars as a provider writes them (a binary fraction), in whole nano-dollars. */
export const toNano = (dollars: number | null): number | null => (dollars === null ? null : Math.round(dollars * 1e9))
