/** The facts under a call that need a thought before they can be shown: how the session was found, and what the attempts tell. */
import { quoteValue } from '../../../../db/filter.ts'
import type { Attempt, Call } from '../../../../server/call.ts'
import { toDurationText } from '../../../lib/format.ts'

/** `found from the conversation`, `from the header x-weir-session`. */
export const toSessionSource = (source: string | null): string => {
  if (!source) return ''
  if (/conversation|history|prefix|content/.test(source)) return 'found from the conversation'
  return source.startsWith('header ') ? `from the header ${source.slice(7)}` : `from ${source}`
}

/** `bedrock answered 429 after 80 ms`: why it went on, for each attempt but the last. */
export const toAttemptStory = (attempt: Attempt): string => {
  const after = attempt.durationMs === null ? '' : ` after ${toDurationText(attempt.durationMs)}`
  if (attempt.status !== null) return `${attempt.target} answered ${attempt.status}${after}`
  return `${attempt.target} ${attempt.error ? `failed: ${attempt.error}` : 'gave no answer'}${after}`
}

/** An address of the calls list with one filter. */
export const toFilterHref = (field: string, value: string): string =>
  `calls?q=${encodeURIComponent(`${field}:${quoteValue(value)}`)}`

export const tagsOf = (call: Call): { field: string; label: string; value: string }[] => [
  ...(call.team ? [{ field: 'team', label: 'team', value: call.team }] : []),
  ...(call.user ? [{ field: 'user', label: 'user', value: call.user }] : []),
  ...Object.entries(call.tags).map(([name, value]) => ({ field: `tag.${name}`, label: name, value })),
]
