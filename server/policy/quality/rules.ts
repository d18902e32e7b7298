/** Quality rules of a route: an answer that came whole and still is not what was asked for. Types only, and the list of names. */
import type { Usage } from '../../call.ts'

export const QUALITY_RULES = ['empty', 'refusal', 'length', 'content_filter', 'json'] as const
export type QualityRule = (typeof QUALITY_RULES)[number]

/** What the judge is asked, in its own thread. */
export interface Question {
  dialect: string
  operation: string
  contentType: string
  rules: readonly QualityRule[]
  /** The member of the request that says how the answer must look, as JSON text; null: none does. */
  format: { member: string; json: string } | null
  body: Uint8Array
}

/** What a try was billed for that gave no answer to the client. */
export interface BilledAnswer {
  model: string | null
  usage: Usage | null
  serviceTier: string | null
  reportedCostNano: number | null
}

export interface Verdict {
  /** null: it is as good as the rules can tell. */
  failed: { rule: QualityRule; why: string } | null
  /** Why it could not be judged, or not in full. */
  note: string | null
  answer: BilledAnswer | null
}

export const unjudged = (note: string): Verdict => ({ failed: null, note, answer: null })
