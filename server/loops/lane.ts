/** The bounded memory of one lane, and of all of them: the least recently seen go first. */
import type { Lane, Minute, Peers, Step } from './rule.ts'

export const KEPT_STEPS = 20
const KEPT_MINUTES = 30

export const createLane = (at: number): Lane => ({
  steps: [],
  total: { calls: 0, costNano: 0, tokens: 0, since: at },
  minutes: [],
})

/** Those that were there before this call. */
export function stepsBefore({ steps }: Lane, callId: string): readonly Step[] {
  const known = steps.findIndex((step) => step.callId === callId)
  return known < 0 ? steps : steps.slice(0, known)
}

/** A call that is stored anew takes its own place again, and is not counted twice. `ended`: hears of a minute that is over. */
export function addStep(lane: Lane, step: Step, ended: (minute: Minute) => void): void {
  const known = lane.steps.findIndex(({ callId }) => callId === step.callId)
  if (known >= 0) {
    const old = lane.steps[known]!.action
    // What its tool call brought is known already, and does not come again.
    lane.steps[known] = old && step.action?.key === old.key ? { ...step, action: old } : step
    return
  }
  lane.steps.push(step)
  if (lane.steps.length > KEPT_STEPS) lane.steps.shift()
  lane.total.calls++
  lane.total.costNano += step.costNano ?? 0
  lane.total.tokens += step.tokens
  addMinute(lane, step, ended)
}

function addMinute({ minutes }: Lane, { at, tokens, costNano }: Step, ended: (minute: Minute) => void): void {
  const minute = Math.floor(at / 60_000)
  const last = minutes.at(-1)
  // What started earlier and ended later counts for the minute that is under way.
  if (last && minute <= last.minute) {
    last.tokens += tokens
    last.costNano += costNano ?? 0
    return
  }
  if (last) ended(last)
  minutes.push({ minute, tokens, costNano: costNano ?? 0 })
  if (minutes.length > KEPT_MINUTES) minutes.shift()
}

/** With fewer minutes nobody's pace is usual. */
const FEWEST_PEERS = 100
const MOST_PEERS = 1000

/** The minutes of all lanes, the last thousand; sorted anew only after another hundred. */
export function createPeers(): Peers & { add(minute: Minute): void } {
  const tokens: number[] = []
  const costs: number[] = []
  let next = 0
  let stale = 100
  let known: ReturnType<Peers['p99']> = null
  return {
    add(minute) {
      tokens[next] = minute.tokens
      costs[next] = minute.costNano
      next = (next + 1) % MOST_PEERS
      stale++
    },
    p99() {
      if (tokens.length < FEWEST_PEERS) return null
      if (stale >= 100) {
        stale = 0
        known = { tokens: nearTop(tokens), costNano: nearTop(costs) }
      }
      return known
    },
  }
}

const nearTop = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)]!
