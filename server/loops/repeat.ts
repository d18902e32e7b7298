/** The same tool with the same arguments, again and again. With the same result too, asking once more can bring nothing new. */
import { runOf, type Fired, type Rule, type Step } from './rule.ts'

export const repeat: Rule<'repeat'> = {
  name: 'repeat',
  check({ steps }, { same, any }) {
    const asked = steps.at(-1)?.action
    if (!asked || asked.polls) return null
    const run = runOf(steps, ({ action }, { action: before }) => action?.key === before?.key)
    // What the newest call brought is known only when the next one comes.
    const known = asked.result === null ? run.slice(0, -1) : run
    const equal = runOf(known, ({ action }, { action: before }) => action!.result === before!.result)
    if (equal.length >= same) return fired(run, equal.length)
    return run.length >= any ? fired(run, 0) : null
  },
}

function fired(run: Step[], equal: number): Fired {
  const { tool, words } = run.at(-1)!.action!
  const result = equal > 0 ? `, and ${equal} times in a row it brought the same result` : ''
  return {
    steps: run,
    text: `${tool} was called ${run.length} times with the same arguments${result}`,
    repeated: words,
  }
}
