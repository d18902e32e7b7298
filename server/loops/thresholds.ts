/** When each rule fires. `null` switches a rule off. These defaults are measured on recorded agent runs: see docs/loops.md. */
export interface Thresholds {
  repeat: { same: number; any: number } | null
  cycle: { times: number; longest: number } | null
  echo: { turns: number; alike: number } | null
  error: { times: number; between: number; bodies: number; withinMs: number } | null
  ramp: { turns: number; fresh: number } | null
  velocity: { costNanoPerMinute: number; tokensPerMinute: number; times: number } | null
  stall: { turns: number; alike: number } | null
}

export const DEFAULT_THRESHOLDS: Thresholds = {
  repeat: { same: 3, any: 8 },
  cycle: { times: 3, longest: 4 },
  echo: { turns: 4, alike: 0.92 },
  error: { times: 4, between: 6, bodies: 5, withinMs: 120_000 },
  ramp: { turns: 10, fresh: 0.2 },
  velocity: { costNanoPerMinute: 5_000_000_000, tokensPerMinute: 5_000_000, times: 4 },
  stall: { turns: 4, alike: 0.92 },
}
