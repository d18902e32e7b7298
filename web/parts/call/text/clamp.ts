/** Long texts are opened in steps: the first glance is short, nothing is hidden, and no step is too much for a browser at once. */
const STEPS = [2_000, 10_000, 60_000, 500_000, Infinity]
/** A remainder smaller than this is not worth a click. */
const SLACK = 1.25

/** The part to show at a step (0 = first glance), cut at a line or word end where one is near. `rest` counts what is left out. */
export const clamp = (text: string, step: number): { shown: string; rest: number } => {
  const limit = STEPS[Math.min(step, STEPS.length - 1)]!
  if (text.length <= limit * SLACK) return { shown: text, rest: 0 }
  const near = Math.floor(limit * 0.8)
  const line = text.lastIndexOf('\n', limit)
  const word = text.lastIndexOf(' ', limit)
  const at = line > near ? line : word > near ? word : toPairEnd(text, limit)
  return { shown: text.slice(0, at), rest: text.length - at }
}

/** Never between the two halves of a surrogate pair. */
const toPairEnd = (text: string, at: number) => (/[\ud800-\udbff]/.test(text[at - 1] ?? '') ? at - 1 : at)
