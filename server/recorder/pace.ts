/**
 * How much goes into one transaction. A transaction must end within 50 ms (readers and `weir export` share the file), but each
 * one has a fixed price (commit, checkpoint share), so a batch is as large as that time allows, learnt from the last ones.
 */
export interface Limits {
  calls: number
  /** Of captured bodies. */
  bytes: number
}

const TARGET_MS = 40
const LEAST: Limits = { calls: 8, bytes: 256 * 1024 }
export const MOST: Limits = { calls: 512, bytes: 8 * 1024 * 1024 }
const FIRST: Limits = { calls: 64, bytes: 1024 * 1024 }

export interface Pace {
  readonly limits: Limits
  /** A transaction over `calls` and `bytes` took this long. */
  learn(took: { ms: number; calls: number; bytes: number }): void
}

export const createPace = (): Pace => {
  let limits = FIRST
  const scale = (factor: number): Limits => ({
    calls: clamp(limits.calls * factor, LEAST.calls, MOST.calls),
    bytes: clamp(limits.bytes * factor, LEAST.bytes, MOST.bytes),
  })
  return {
    get limits() {
      return limits
    },
    learn: ({ ms, calls, bytes }) => {
      const full = calls >= limits.calls || bytes >= limits.bytes
      if (ms > TARGET_MS) limits = scale(Math.max(0.25, TARGET_MS / ms))
      else if (full && ms < TARGET_MS / 2) limits = scale(2)
    },
  }
}

const clamp = (value: number, least: number, most: number): number => Math.round(Math.min(most, Math.max(least, value)))
