/**
 * Leaves a target alone that has failed several times in a row: for `open` milliseconds, then one call tries it (half-open), and
 * its fate decides. A few numbers and pure functions over them rather than a library: see ARCHITECTURE.md.
 */
export interface Breaker {
  /** Failures since the last success. */
  failures: number
  /** When the next call may try, epoch milliseconds; 0: closed. */
  openUntil: number
  /** What opened it. */
  why: string | null
}

export interface BreakerSettings {
  failures: number
  open: number
}

export const createBreaker = (): Breaker => ({ failures: 0, openUntil: 0, why: null })

export const isOpen = ({ openUntil }: Breaker, now: number): boolean => openUntil > now

/** A call is about to try. True: it is the one that tries for all; until its fate is known, or `open` has passed again, no other does. */
export function enter(breaker: Breaker, { open }: BreakerSettings, now: number): boolean {
  if (breaker.openUntil === 0) return false
  breaker.openUntil = now + open
  return true
}

/** What was under way when it opened closes it no more: only the call that tries for all does. */
export function succeeded(breaker: Breaker, trial: boolean): void {
  if (breaker.openUntil !== 0 && !trial) return
  breaker.failures = 0
  breaker.openUntil = 0
  breaker.why = null
}

export function failed(
  breaker: Breaker,
  { failures, open }: BreakerSettings,
  { trial, now, why }: { trial: boolean; now: number; why: string },
): void {
  breaker.failures++
  if (breaker.openUntil !== 0 && !trial) return
  if (!trial && breaker.failures < failures) return
  breaker.openUntil = now + open
  breaker.why = why
}

/** The trial ended without a verdict (its client left): the next call may try. */
export function undecided(breaker: Breaker, trial: boolean, now: number): void {
  if (trial) breaker.openUntil = now
}
