/** What is told of a session: as lists show it, its lanes, its steps. Types only; list-sessions.ts and get-session.ts fill them. */
import type { Call } from '../../server/call.ts'

export interface SessionFinding {
  id: string
  verdict: string
  state: string
}

export interface SessionItem {
  id: string
  /** Which rule found it, such as `header x-weir-session`; null: not known any more. */
  source: string | null
  startedAt: number
  lastAt: number
  calls: number
  turns: number
  lanes: number
  /** In the order of their first call. */
  models: string[]
  providers: string[]
  errors: number
  /** Of the calls whose cost is known; null: of none. */
  costNano: number | null
  /** Calls that cost something unknown: not in `costNano`. */
  unpriced: number
  inputTokens: number
  outputTokens: number
  cacheRead: number
  findings: SessionFinding[]
  user: string | null
  key: string | null
  app: string | null
  /** The last thing said. */
  preview: string | null
  /** Input tokens of its turns in order of time, at most 24 points. */
  growth: number[]
}

export interface SessionList {
  items: SessionItem[]
  next: string | null
  /** Why sessions may be missing from this page; null: it is whole. */
  incomplete: string | null
}

export interface SessionLane {
  lane: string | null
  /** The lane whose call this one's first call continues. */
  parentLane: string | null
  name: string
  calls: number
  costNano: number | null
}

/** One call of a session, with what its place in the conversation tells. */
export interface Step extends Pick<
  Call,
  | 'durationMs'
  | 'firstTokenMs'
  | 'lane'
  | 'turn'
  | 'parentId'
  | 'auxiliary'
  | 'provider'
  | 'model'
  | 'outcome'
  | 'status'
  | 'costNano'
  | 'toolCalls'
  | 'preview'
  | 'errorMessage'
  | 'findings'
  | 'newFrom'
  | 'mark'
  | 'cacheBreak'
> {
  callId: string
  at: number
  /** All input, cached included; null: the usage is unknown. */
  inputTokens: number | null
  outputTokens: number | null
  cacheRead: number | null
  /** True: its cost is unknown, though it may have cost something. */
  unpriced: boolean
}

export interface SessionPage {
  session: SessionItem
  lanes: SessionLane[]
  /** Oldest first. */
  steps: Step[]
  next: string | null
}
