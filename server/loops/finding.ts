/** One loop as it is kept and shown: what fired, on which calls, and what it has cost since the first repeat. */
import { createHash } from 'node:crypto'
import type { Fired, RuleName, Step } from './rule.ts'
import type { Action } from './settings.ts'
import { isWorse, type Verdict } from './verdict.ts'

export type FindingState = 'open' | 'muted' | 'resolved' | 'false_positive'

export interface Evidence {
  rule: RuleName | 'cap'
  /** In words, without content. */
  text: string
  /** Oldest first. */
  callIds: string[]
  /** The repeated thing itself; null: there is none, or content may not be kept. */
  repeated: string | null
}

export interface Finding {
  id: string
  verdict: Verdict
  rules: Evidence['rule'][]
  sessionId: string
  lane: string | null
  /** Oldest first; of a long run the first and the latest. */
  callIds: string[]
  evidence: Evidence[]
  /** Since the first repeat; null: none of these calls has a price. */
  spentNano: number | null
  state: FindingState
  action: Action
  firstAt: number
  lastAt: number
}

const MOST_CALLS = 100
const FIRST_CALLS = 20

export interface Seen {
  sessionId: string
  lane: string | null
  verdict: Verdict
  fired: { rule: RuleName | 'cap'; fired: Fired }[]
  action: Action
  /** The call that was looked at. */
  step: Step
}

/** The same loop gets the same id, whoever finds it and however often. */
export const findingId = (sessionId: string, lane: string | null, first: string): string =>
  `f_${createHash('sha256')
    .update(JSON.stringify([sessionId, lane, first]))
    .digest('hex')
    .slice(0, 20)}`

export function openFinding({ sessionId, lane, verdict, fired, action, step }: Seen): Finding {
  const steps = stepsOf(fired)
  const [first] = steps
  return {
    id: findingId(sessionId, lane, first!.callId),
    verdict,
    rules: fired.map(({ rule }) => rule),
    sessionId,
    lane,
    callIds: bounded(steps.map(({ callId }) => callId)),
    evidence: fired.map(toEvidence),
    spentNano: sum(steps.slice(1)),
    state: 'open',
    action,
    firstAt: first!.at,
    lastAt: step.at,
  }
}

/** A finding gets worse, never better: what was seen was there. */
export function extendFinding(finding: Finding, { verdict, fired, action, step }: Seen): Finding {
  const isNew = !finding.callIds.includes(step.callId)
  const steps = isNew ? stepsOf(fired).filter(({ callId }) => !finding.callIds.includes(callId)) : []
  const spent = sum(steps)
  const evidence = new Map(finding.evidence.map((one) => [one.rule, one]))
  for (const one of fired) evidence.set(one.rule, toEvidence(one))
  return {
    ...finding,
    verdict: isWorse(verdict, finding.verdict) ? verdict : finding.verdict,
    rules: [...evidence.keys()],
    callIds: bounded([...finding.callIds, ...steps.map(({ callId }) => callId)]),
    evidence: [...evidence.values()],
    spentNano: spent === null ? finding.spentNano : (finding.spentNano ?? 0) + spent,
    action,
    lastAt: Math.max(finding.lastAt, step.at),
  }
}

function stepsOf(fired: Seen['fired']): Step[] {
  const all = new Map<string, Step>()
  for (const { fired: one } of fired) for (const step of one.steps) all.set(step.callId, step)
  return [...all.values()].toSorted((a, b) => a.at - b.at)
}

const toEvidence = ({ rule, fired }: Seen['fired'][number]): Evidence => ({
  rule,
  text: fired.text,
  callIds: fired.steps.map(({ callId }) => callId),
  repeated: fired.repeated,
})

function sum(steps: readonly Step[]): number | null {
  const known = steps.map(({ costNano }) => costNano).filter((cost) => cost !== null)
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
}

const bounded = (ids: string[]): string[] =>
  ids.length <= MOST_CALLS ? ids : [...ids.slice(0, FIRST_CALLS), ...ids.slice(FIRST_CALLS - MOST_CALLS)]
