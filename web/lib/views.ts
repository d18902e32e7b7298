/** The built-in views: names for filters that people ask for again and again. */
export interface View {
  name: string
  q: string
}
export const VIEWS: readonly View[] = [
  { name: 'Errors', q: 'outcome:error,timeout,upstream_abort,interrupted' },
  { name: 'Slow > 10 s', q: 'duration:>10s' },
  { name: 'Cost > $1', q: 'cost:>1' },
  { name: 'Tools offered, none called', q: 'has:tools -has:toolcalls' },
  { name: 'Truncated (length)', q: 'finish:length,max_tokens,MAX_TOKENS' },
  { name: 'Aborted by client', q: 'outcome:client_abort' },
  { name: 'Refused by Weir', q: 'outcome:refused' },
  { name: 'From the cache', q: 'cache:hit' },
  { name: 'Unpriced', q: 'unpriced:yes' },
]

/** The same for sessions. */
export const SESSION_VIEWS: readonly View[] = [
  { name: 'With findings', q: '-finding:""' },
  { name: 'With errors', q: 'has:error' },
  { name: 'Cost > $1', q: 'cost:>1' },
  { name: 'Longer than 10 min', q: 'duration:>10m' },
  { name: 'With tool calls', q: 'has:toolcalls' },
]
