/** The context grows turn after turn, and hardly anything in it is new. */
import { runOf, type Rule } from './rule.ts'

export const ramp: Rule<'ramp'> = {
  name: 'ramp',
  check({ steps }, { turns, fresh }) {
    const run = runOf(steps, (step, before) => step.context > before.context).slice(-turns)
    if (run.length < turns) return null
    if (run.some(({ action }) => action?.polls)) return null
    const mean = run.reduce((sum, step) => sum + step.fresh, 0) / run.length
    if (mean >= fresh) return null
    return {
      steps: run,
      text: `the context grew ${run.length} turns in a row, and only ${Math.round(mean * 100)} % of what was added was new`,
      repeated: null,
    }
  },
}
