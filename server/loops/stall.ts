/** The model says the same again and again: over several turns, or in the tail of one output. */
import { runOf, type Rule } from './rule.ts'
import { alike } from './words.ts'

/** Short answers (`Done.`) are alike without meaning anything. */
const FEWEST_WORDS = 5

export const stall: Rule<'stall'> = {
  name: 'stall',
  check({ steps }, { turns, alike: least }) {
    const last = steps.at(-1)
    if (last?.tail) {
      const text = `the end of one output repeats itself ${last.tail.times} times`
      return { steps: [last], text, repeated: last.tail.words }
    }
    const run = runOf(
      steps,
      (step, before) =>
        step.said.length >= FEWEST_WORDS &&
        !step.action?.polls &&
        !step.regenerated &&
        alike(step.said, before.said) >= least,
    )
    if (run.length < turns) return null
    const text = `the model said nearly the same ${run.length} turns in a row`
    return { steps: run, text, repeated: run.at(-1)!.excerpt.said }
  },
}
