/** What the steps of a session tell together: running sums, what each adds to the context, which lane is how deep, what stands out. */
import type { Finding, SessionLane, Step } from '../../lib/sessions.ts'

export interface Row {
  step: Step
  /** 1, 2, … in the order of time. */
  n: number
  /** How deep its lane hangs in the tree of agents. */
  depth: number
  /** Its lane's place among the lanes. */
  lane: number
  /** Tokens that the context has grown by since the lane's step before; null: unknown, or its first. */
  grown: number | null
  /** Spent up to here, in nano-dollars, as far as costs are known. */
  sumNano: number
  /** Findings that this step is evidence of. */
  evidence: Finding[]
}

const MOST_DEPTH = 4

export function toRows(steps: readonly Step[], lanes: readonly SessionLane[], findings: readonly Finding[]): Row[] {
  const laneOf = new Map(lanes.map(({ lane }, i) => [lane, i]))
  const depths = toDepths(lanes)
  const evidence = toEvidence(findings)
  const before = new Map<string | null, number>()
  let sumNano = 0
  return steps.map((step, i) => {
    sumNano += step.costNano ?? 0
    const last = before.get(step.lane)
    if (step.inputTokens !== null && !step.auxiliary) before.set(step.lane, step.inputTokens)
    const lane = laneOf.get(step.lane) ?? 0
    return {
      step,
      n: i + 1,
      lane,
      depth: depths[lane] ?? 0,
      grown: step.inputTokens === null || last === undefined || step.auxiliary ? null : step.inputTokens - last,
      sumNano,
      evidence: evidence(step),
    }
  })
}

/** Sub-agents hang below the lane that called them; a circle (there should be none) ends at the bound. */
export function toDepths(lanes: readonly SessionLane[]): number[] {
  const byName = new Map(lanes.map((lane) => [lane.lane, lane]))
  return lanes.map((lane) => {
    let depth = 0
    for (let at = lane; at.parentLane !== null && at.parentLane !== at.lane && depth < MOST_DEPTH; depth++) {
      const parent = byName.get(at.parentLane)
      if (!parent) break
      at = parent
    }
    return depth
  })
}

/**
 * A step says itself which findings it is evidence of; of a long run a finding keeps only the first and the latest calls. A finding that
 * someone called wrong is no evidence of anything.
 */
function toEvidence(findings: readonly Finding[]): (step: Step) => Finding[] {
  const standing = findings.filter(({ state }) => state !== 'false_positive')
  if (standing.length === 0) return () => []
  const sets = standing.map((finding) => ({ finding, calls: new Set(finding.callIds) }))
  return ({ callId, findings: own }) =>
    sets.filter(({ finding, calls }) => calls.has(callId) || own.includes(finding.id)).map(({ finding }) => finding)
}

export interface SessionFigures {
  toolCalls: number
  /** Input tokens of the first and the latest step whose usage is known, housekeeping left out. */
  contextFirst: number | null
  contextLast: number | null
  /** Tokens the context grew by in the latest step. */
  grown: number | null
  /** Numbers of the steps where the prompt cache broke. */
  breaks: number[]
  /** Share of the time in which at least one call was under way; null: it took no time. */
  modelShare: number | null
  /** Milliseconds from the first call's start to the last one's end. */
  spanMs: number
}

export function toFigures(rows: readonly Row[]): SessionFigures {
  const turns = rows.filter(({ step }) => !step.auxiliary && step.inputTokens !== null)
  const first = turns[0]
  const last = turns.at(-1)
  const { busyMs, spanMs } = toBusy(rows)
  return {
    toolCalls: rows.reduce((sum, { step }) => sum + step.toolCalls.length, 0),
    contextFirst: first?.step.inputTokens ?? null,
    contextLast: last?.step.inputTokens ?? null,
    grown: last?.grown ?? null,
    breaks: rows.filter(({ step }) => step.cacheBreak !== null).map(({ n }) => n),
    modelShare: spanMs > 0 ? busyMs / spanMs : null,
    spanMs,
  }
}

/** The union of all calls' times: sub-agents that run side by side wait once. */
function toBusy(rows: readonly Row[]): { busyMs: number; spanMs: number } {
  let busyMs = 0
  let until = -Infinity
  for (const { step } of rows) {
    const end = step.at + (step.durationMs ?? 0)
    busyMs += Math.max(0, end - Math.max(until, step.at))
    until = Math.max(until, end)
  }
  const start = rows[0]?.step.at
  return { busyMs, spanMs: start === undefined ? 0 : Math.max(0, until - start) }
}

/** What a mark means, for people. */
export const MARKS: Record<string, { label: string; says: string }> = {
  branch: { label: 'branch', says: 'Goes on from an earlier answer that another call went on from already' },
  regenerated: { label: 'again', says: 'The same question was asked again after its answer' },
  edited: { label: 'edited', says: 'An earlier message was changed' },
  compacted: { label: 'compacted', says: 'The history was replaced by a summary of it' },
}
