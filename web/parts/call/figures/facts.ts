/** The facts under a call that need a thought before they can be shown: how the session was found, and what the attempts tell. */
import { quoteValue } from '../../../../db/filter.ts'
import type { Attempt, Call } from '../../../../server/call.ts'

/** `found from the conversation`, `from the header x-weir-session`. */
export const toSessionSource = (source: string | null): string => {
  if (!source) return ''
  if (/conversation|history|prefix|content/.test(source)) return 'found from the conversation'
  return source.startsWith('header ') ? `from the header ${source.slice(7)}` : `from ${source}`
}

/** How one try ended, in a word: `429`, `200`, `timeout_headers`. */
export const toAttemptEnd = (
  { status, error }: Pick<Attempt, 'status' | 'error'>,
  last: boolean,
  { outcome }: Pick<Call, 'outcome'>,
): { text: string; tone: 'good' | 'bad' | 'warn' | 'plain' } => {
  if (last && outcome === 'running') return { text: 'running', tone: 'plain' }
  const text = status === null ? (error === null ? 'no answer' : isShort(error) ? error : 'failed') : String(status)
  if (status !== null && status < 400 && error === null) return { text, tone: 'good' }
  if (last && outcome === 'client_abort') return { text: 'client left', tone: 'warn' }
  return { text: status !== null && status < 400 && error ? `${status}, then broke` : text, tone: 'bad' }
}

/** A code such as `timeout_headers`; sentences stand below. */
const isShort = (error: string) => error.length <= 24
/** Why it was chosen or given up, and what failed where no status says it. */
export const toAttemptWhy = ({ reason, status, error }: Pick<Attempt, 'reason' | 'status' | 'error'>): string =>
  [reason, status !== null && status >= 400 ? null : error !== null && isShort(error) && status === null ? null : error]
    .filter(Boolean)
    .join(' · ')

/** An address of the calls list with one filter. */
export const toFilterHref = (field: string, value: string): string =>
  `calls?q=${encodeURIComponent(`${field}:${quoteValue(value)}`)}`

export const tagsOf = (call: Call): { field: string; label: string; value: string }[] => [
  ...(call.team ? [{ field: 'team', label: 'team', value: call.team }] : []),
  ...(call.user ? [{ field: 'user', label: 'user', value: call.user }] : []),
  ...Object.entries(call.tags).map(([name, value]) => ({ field: `tag.${name}`, label: name, value })),
]
