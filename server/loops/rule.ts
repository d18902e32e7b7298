/**
 * What a rule sees and says. A lane is one agent inside a session; its steps are its calls, the last twenty of them. A rule is a
 * question about these steps: pure, deterministic, of bounded cost, and without knowledge of any other rule.
 */
import type { Thresholds } from './thresholds.ts'

/** The tool calls of one answer, taken as one thing: parallel calls are one step, however many there are. */
export interface Action {
  /** Names in order, for people: `search`, or `read + read`. */
  tool: string
  /** Ids of the calls, for their results. */
  ids: (string | null)[]
  /** Digest of names and canonical arguments. */
  key: string
  /** Every tool of it is on the polling list: asking again is its purpose. */
  polls: boolean
  /** Arguments in short; null where content may not be kept. */
  words: string | null
  /** Digest of what came back; null: not known yet. */
  result: string | null
  /** Nothing came back: a scratchpad (`think`), or a tool that only acts. */
  silent: boolean
  /** The result says that it failed: its normalised text as a digest. */
  error: string | null
  /** That text in short; null where there is none, or content may not be kept. */
  errorWords: string | null
}

export interface Step {
  callId: string
  at: number
  costNano: number | null
  tokens: number
  /** All that the model read. */
  context: number
  action: Action | null
  /** Words of what came in new, and of what the model said (words.ts). */
  news: Uint32Array
  said: Uint32Array
  /** Both, and the words of the tool calls. */
  all: Uint32Array
  /** It goes on from an answer; else it begins anew (an evaluation, a parallel job, a resend). */
  continues: boolean
  /** Share of this step's words that none of the ten steps before it had. */
  fresh: number
  /** A tail that the output repeats within itself; null: none. */
  tail: { times: number; words: string | null } | null
  /** Digest of the request; null: unknown. */
  body: string | null
  /** The call itself failed: its error, normalised, and in short. */
  failure: { key: string; words: string | null } | null
  /** A digest of what a person (or who stands for one) said in it; null: only tools spoke. */
  prompt: string | null
  /** Threading saw that a person or client had the same turn made anew. */
  regenerated: boolean
  /** The beginnings of what came in and of what was said, for evidence; null where content may not be kept. */
  excerpt: { news: string | null; said: string | null }
}

export interface Lane {
  /** The last twenty, oldest first. */
  steps: Step[]
  /** Since the lane was first seen by this process. */
  total: { calls: number; costNano: number; tokens: number; since: number }
  /** Tokens and money by minute, the last thirty that had any, oldest first. */
  minutes: Minute[]
}

export interface Minute {
  minute: number
  tokens: number
  costNano: number
}

/** Why a rule fired. `steps` are oldest first; the first of them is the first repeat's original. */
export interface Fired {
  steps: Step[]
  /** In words; tool names and counts only, no content. */
  text: string
  /** The repeated thing itself, for people who may see content. */
  repeated: string | null
}

export type RuleName = 'repeat' | 'cycle' | 'echo' | 'error' | 'ramp' | 'velocity' | 'stall'

/** What other lanes spend a minute: the 99th of a hundred; null: too few to tell. */
export interface Peers {
  p99(): { tokens: number; costNano: number } | null
}

export interface Rule<N extends RuleName = RuleName> {
  name: N
  check(lane: Lane, thresholds: Thresholds[N] & object, peers: Peers): Fired | null
}

/** The longest run at the end whose steps each follow on the one before as `same` says, newest last. */
export const runOf = (steps: readonly Step[], same: (step: Step, before: Step) => boolean): Step[] => {
  let from = Math.max(0, steps.length - 1)
  while (from > 0 && steps[from]!.continues && same(steps[from]!, steps[from - 1]!)) from--
  return steps.slice(from)
}
