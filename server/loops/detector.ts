/**
 * Step `detect`: each call becomes a step of its lane, the rules look at the lane, and what they find is kept as a finding. One a
 * lane is open at a time; it grows while the loop goes on, and ends when the lane has gone on without it for as long as steps are
 * remembered. It forgets lanes that were quiet for long, and all of them at a restart: a loop that goes on is found again within
 * three repeats, and joins the finding that the database has of it.
 */
import type { Turn } from '../sessions/turn.ts'
import { extendFinding, openFinding, type Finding, type FindingState, type Seen } from './finding.ts'
import { addStep, createLane, createPeers, KEPT_STEPS, stepsBefore } from './lane.ts'
import type { Fired, Lane, Peers } from './rule.ts'
import { checkRules } from './rules.ts'
import { createMarks, type LoopNews } from './news.ts'
import { acts, createInForce, type Caps, type InForce, type LoopSettings } from './settings.ts'
import { toStep } from './step.ts'
import { judge } from './verdict.ts'

/** About 30 KB each. */
const MOST_LANES = 2000

export interface Seeing {
  /** To be stored with the calls, each once, as it is after the batch. */
  findings: Finding[]
  /** Calls of earlier batches that are evidence now. */
  evidence: { id: string; callIds: string[] }[]
  /** For the main thread, once that is stored. */
  news: LoopNews[]
}

export interface Detector {
  /** Sets `call.findings`. In the order of the batch; not to be called again before it is done. */
  look(turns: readonly Turn[]): Promise<Seeing>
  configure(settings: LoopSettings): void
  /** A person said so. */
  mark(id: string, state: FindingState): void
}

export interface DetectorDeps {
  settings: LoopSettings
  loopKey: Uint8Array
  /** The latest finding of a lane that is not resolved, as the database has it. */
  known(sessionId: string, lane: string | null): Promise<Finding | null>
  mostLanes?: number
}

interface Kept {
  lane: Lane
  finding: Finding | null
  /** Calls since it was last seen. */
  quiet: number
}

export const createDetector = ({ settings, known, loopKey, mostLanes = MOST_LANES }: DetectorDeps): Detector => {
  const marks = createMarks(loopKey)
  const lanes = new Map<string, Kept>()
  const peers = createPeers()
  let inForce = createInForce(settings)

  const keptOf = ({ call }: Turn): Kept => {
    const name = JSON.stringify([call.sessionId, call.lane])
    const kept = lanes.get(name) ?? { lane: createLane(call.startedAt), finding: null, quiet: 0 }
    // A Map keeps the order of insertion: who was seen last stands last.
    lanes.delete(name)
    lanes.set(name, kept)
    if (lanes.size > mostLanes) lanes.delete(lanes.keys().next().value!)
    return kept
  }

  const lookAt = async (turn: Turn): Promise<LoopNews | null> => {
    const { call } = turn
    const rules = inForce(call.key, call.route)
    if (rules.action === 'off' || !isStep(turn)) return null
    const kept = keptOf(turn)
    addStep(kept.lane, toStep(turn, stepsBefore(kept.lane, call.id), rules.isPolling), peers.add)
    const seen = see(turn, kept.lane, rules, peers)
    if (!seen) return calm(kept)
    kept.finding ??= await known(seen.sessionId, seen.lane)
    kept.quiet = 0
    const before = kept.finding
    const finding = (kept.finding = before ? extendFinding(before, seen) : openFinding(seen))
    return {
      finding,
      change: !before ? 'opened' : before.verdict !== finding.verdict ? 'worse' : 'more',
      mark: acts(rules.action) && seen.verdict !== 'watch' && finding.state === 'open' ? marks.of(turn) : null,
    }
  }

  return {
    async look(turns) {
      const findings = new Map<string, Finding>()
      const news: LoopNews[] = []
      const evidence: Seeing['evidence'] = []
      for (const turn of turns) {
        const one = await lookAt(turn)
        if (!one) continue
        news.push(one)
        if (one.change === 'calm') continue
        findings.set(one.finding.id, one.finding)
        const { id, callIds } = one.finding
        const earlier = markCalls(turns, id, one.change === 'more' ? [turn.call.id] : callIds)
        if (earlier.length > 0) evidence.push({ id, callIds: earlier })
      }
      return { findings: [...findings.values()], evidence, news }
    },
    configure(next) {
      inForce = createInForce(next)
    },
    mark(id, state) {
      for (const kept of lanes.values()) {
        if (kept.finding?.id !== id) continue
        kept.finding = state === 'resolved' ? null : { ...kept.finding, state }
        // Resolved: what was is forgotten, and only a new loop is a new finding.
        if (state === 'resolved') kept.lane.steps = []
      }
    },
  }
}

/** Answers those that are in no hand any more. */
function markCalls(turns: readonly Turn[], id: string, callIds: readonly string[]): string[] {
  return callIds.filter((callId) => {
    const call = turns.find((turn) => turn.call.id === callId)?.call
    if (call && !call.findings.includes(id)) call.findings = [...call.findings, id]
    return !call
  })
}

/** Housekeeping and what Weir itself refused are no steps of an agent. */
const isStep = ({ call }: Turn): boolean =>
  call.sessionId !== null && !call.auxiliary && call.outcome !== 'refused' && call.outcome !== 'client_abort'

function calm(kept: Kept): LoopNews | null {
  const { finding } = kept
  if (!finding) return null
  if (++kept.quiet >= KEPT_STEPS) kept.finding = null
  return kept.quiet === 1 ? { finding, change: 'calm', mark: null } : null
}

function see({ call }: Turn, lane: Lane, { rules, caps, action }: InForce, peers: Peers): Seen | null {
  const fired: Seen['fired'] = checkRules(lane, rules, peers)
  const over = capOf(lane, caps)
  if (over) fired.push({ rule: 'cap', fired: over })
  const names = fired.map(({ rule }) => rule).filter((rule) => rule !== 'cap')
  const verdict = judge(names, over !== null)
  if (verdict === null || action === 'off') return null
  return { sessionId: call.sessionId!, lane: call.lane, verdict, fired, action, step: lane.steps.at(-1)! }
}

function capOf({ total, steps }: Lane, caps: Caps): Fired | null {
  const last = steps.at(-1)!
  const ms = last.at - total.since
  const text =
    caps.calls !== null && total.calls > caps.calls
      ? `this run has made ${total.calls} calls; ${caps.calls} is the cap`
      : caps.costNano !== null && total.costNano > caps.costNano
        ? `this run has spent $${(total.costNano / 1e9).toFixed(2)}; $${(caps.costNano / 1e9).toFixed(2)} is the cap`
        : caps.tokens !== null && total.tokens > caps.tokens
          ? `this run has taken ${total.tokens} tokens; ${caps.tokens} is the cap`
          : caps.ms !== null && ms > caps.ms
            ? `this run goes on for ${Math.round(ms / 60_000)} minutes; ${Math.round(caps.ms / 60_000)} is the cap`
            : null
  return text === null ? null : { steps: [last], text, repeated: null }
}
