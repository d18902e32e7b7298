/** What comes in new is nearly what came in new the turn before. Whole prompts are never compared: their beginning is always alike. */
import { runOf, type Rule } from './rule.ts'
import { alike } from './words.ts'

/** Fewer different words (`ok`, `yes`) are alike without meaning anything. */
const FEWEST_WORDS = 5

export const echo: Rule<'echo'> = {
  name: 'echo',
  check({ steps }, { turns, alike: least }) {
    const run = runOf(
      steps,
      (step, before) =>
        step.news.length >= FEWEST_WORDS &&
        !before.action?.polls &&
        !step.regenerated &&
        alike(step.news, before.news) >= least,
    )
    if (run.length < turns) return null
    const text = `what came in new was nearly the same ${run.length} turns in a row`
    return { steps: run, text, repeated: run.at(-1)!.excerpt.news }
  },
}
