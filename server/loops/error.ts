/** The same error, again and again: of one tool, or of the call itself; or the very same request sent anew. */
import type { Fired, Lane, Rule, Step } from './rule.ts'

export const error: Rule<'error'> = {
  name: 'error',
  check(lane, { times, between, bodies, withinMs }) {
    return toolErrors(lane, times, between) ?? callErrors(lane, times) ?? sameBodies(lane, bodies, withinMs)
  },
}

/**
 * In a row; or more often with other calls in between: who edits between two tries and gets the same error each time does not
 * come nearer either. When a person says something new, it is another try.
 */
function toolErrors(lane: Lane, times: number, between: number): Fired | null {
  const steps = sincePrompt(lane.steps)
  const newest = steps.findLast(({ action }) => action !== null && action.result !== null)?.action
  if (!newest || newest.error === null || newest.polls) return null
  const tries = steps.filter(({ action }) => action !== null && action.result !== null)
  const isIt = ({ action }: Step) => action!.error === newest.error && action!.tool === newest.tool
  const row = tries.slice(tries.findLastIndex((step) => !isIt(step)) + 1)
  const all = tries.filter(isIt)
  if (row.length < times && all.length < between) return null
  const found = row.length >= times ? row : all
  return {
    steps: found,
    text: `${newest.tool} failed ${found.length} times with the same error`,
    repeated: newest.errorWords,
  }
}

/** The same words again (`continue`) are a client's, not a person's. */
function sincePrompt(steps: readonly Step[]): readonly Step[] {
  const known = new Set<string>()
  let from = 0
  for (const [i, { prompt }] of steps.entries()) {
    if (prompt === null || known.has(prompt)) continue
    known.add(prompt)
    from = i
  }
  return steps.slice(from)
}

function callErrors({ steps }: Lane, times: number): Fired | null {
  const last = steps.at(-1)?.failure
  if (!last) return null
  const found = steps.filter(({ failure }) => failure?.key === last.key)
  if (found.length < times) return null
  return { steps: found, text: `the call failed ${found.length} times with the same error`, repeated: last.words }
}

function sameBodies({ steps }: Lane, bodies: number, withinMs: number): Fired | null {
  const last = steps.at(-1)
  if (!last || last.body === null || last.regenerated) return null
  const found = steps.filter(
    (step) => step.body === last.body && last.at - step.at <= withinMs && !step.regenerated && isLost(step, last),
  )
  if (found.length < bodies) return null
  return {
    steps: found,
    text: `the very same request was sent ${found.length} times within ${Math.max(1, Math.ceil((last.at - found[0]!.at) / 1000))} s`,
    repeated: last.excerpt.news,
  }
}

/** The answer was of no use: it failed, or its tool call was not carried out. Else somebody just asks for more samples. */
const isLost = (step: Step, last: Step): boolean =>
  step.failure !== null || (step.action !== null && step.action.key === last.action?.key)
