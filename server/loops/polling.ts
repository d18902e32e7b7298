/** Tools whose purpose is to be asked again: the same call with the same result is what waiting looks like. */

/** Words in a tool's name, as people write names: `get_job_status`, `checkProgress`, `wait-for-build`, `sleep`. */
export const DEFAULT_POLLING = [
  '*status*',
  '*poll*',
  '*wait*',
  '*progress*',
  'check',
  'check_*',
  'check-*',
  '*_check',
  '*-check',
  'sleep*',
  '*_sleep',
] as const

export type IsPolling = (tool: string) => boolean

/** `*` stands for anything; case does not count. */
export const createPolling = (patterns: readonly string[]): IsPolling => {
  const all = patterns.map(toRegExp)
  const known = new Map<string, boolean>()
  return (tool) => {
    const kept = known.get(tool)
    if (kept !== undefined) return kept
    const polls = all.some((pattern) => pattern.test(tool))
    if (known.size > 1000) known.clear()
    known.set(tool, polls)
    return polls
  }
}

const toRegExp = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'is')
