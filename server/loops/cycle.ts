/** A few calls in the same order with the same results, round and round. */
import type { Fired, Rule, Step } from './rule.ts'

export const cycle: Rule<'cycle'> = {
  name: 'cycle',
  check({ steps }, { times, longest }) {
    const last = steps.at(-1)
    const done = last?.action && last.action.result === null ? steps.slice(0, -1) : steps
    for (let period = 2; period <= longest; period++) {
      const found = roundsOf(done, period, times)
      if (found) return found
    }
    return null
  },
}

function roundsOf(steps: readonly Step[], period: number, times: number): Fired | null {
  let matched = 0
  while (matched < steps.length - period && isSame(steps.at(-1 - matched)!, steps.at(-1 - matched - period)!)) matched++
  const rounds = Math.floor(matched / period) + 1
  const round = steps.slice(-period)
  // Where a tool says nothing, that it says the same proves less: one round more.
  const needed = round.some(({ action }) => action?.silent) ? times + 1 : times
  if (rounds < needed) return null
  const [first] = round
  // One call after another that are all the same is a repeat, and waiting is no circle.
  if (round.every(({ action }) => action!.key === first!.action!.key) || round.every(({ action }) => action!.polls))
    return null
  const names = round.map(({ action }) => action!.tool).join(' → ')
  return {
    steps: steps.slice(-rounds * period),
    text: `${names} was gone through ${rounds} times with the same arguments and results`,
    repeated: shown(round),
  }
}

const isSame = ({ action: a }: Step, { action: b }: Step): boolean =>
  a !== null && b !== null && a.result !== null && a.key === b.key && a.result === b.result

function shown(round: readonly Step[]): string | null {
  const words = round.map(({ action }) => action!.words)
  return words.includes(null) ? null : words.join(' → ')
}
