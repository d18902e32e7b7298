/**
 * What a call can be filtered by: the names of the filter grammar, what kind of value each takes, and the words it knows.
 * Pure data, shared by the parser, the SQL conditions and the dashboard's autocompletion.
 */

export type FieldType = 'text' | 'number' | 'money' | 'duration' | 'tokens' | 'flag' | 'tag'

export interface Field {
  type: FieldType
  /** For people, in lists and chips. */
  label: string
  /** One line that says what is compared. */
  help: string
  /** The only values there are; absent: any. */
  values?: readonly string[]
  /** Real values can be suggested from the data (`suggest`). */
  suggests?: boolean
}

/** `running` stands in no row: only the calls that the API lays over the list have it. */
const OUTCOMES = [
  'ok',
  'error',
  'client_abort',
  'upstream_abort',
  'timeout',
  'refused',
  'interrupted',
  'cache_hit',
  'running',
]

/** What `has:` asks for. */
export const HAS = [
  'tools',
  'toolcalls',
  'error',
  'reasoning',
  'images',
  'audio',
  'cost',
  'sessions',
  'feedback',
  'truncated',
  'changes',
  'content',
] as const
export type Has = (typeof HAS)[number]

export const FIELDS: Record<string, Field> = {
  model: { type: 'text', label: 'Model', help: 'the model asked for, or the one that answered', suggests: true },
  provider: { type: 'text', label: 'Provider', help: 'company or server that served the call', suggests: true },
  status: {
    type: 'number',
    label: 'Status',
    help: 'HTTP status that the client saw; 4xx and 5xx work too',
    suggests: true,
  },
  outcome: { type: 'text', label: 'Outcome', help: 'how the call ended', values: OUTCOMES },
  error: { type: 'text', label: 'Error', help: 'error code; error:~word looks into the message', suggests: true },
  finish: { type: 'text', label: 'Finish', help: 'finish reason of the answer', suggests: true },
  cost: { type: 'money', label: 'Cost', help: 'what will be billed, in US dollars' },
  tokens: { type: 'tokens', label: 'Tokens', help: 'all tokens of the call' },
  input: { type: 'tokens', label: 'Input', help: 'all input tokens, cached ones included' },
  output: { type: 'tokens', label: 'Output', help: 'all output tokens, reasoning included' },
  duration: { type: 'duration', label: 'Duration', help: 'whole call; 300ms, 5s, 2m' },
  ttft: { type: 'duration', label: 'TTFT', help: 'time to first token; 300ms, 5s' },
  key: { type: 'text', label: 'Key', help: 'Weir key', suggests: true },
  team: { type: 'text', label: 'Team', help: 'team of the key', suggests: true },
  user: { type: 'text', label: 'User', help: 'end user', suggests: true },
  app: { type: 'text', label: 'App', help: 'client program', suggests: true },
  session: { type: 'text', label: 'Session', help: 'conversation or agent run', suggests: true },
  route: { type: 'text', label: 'Route', help: 'named route', suggests: true },
  target: { type: 'text', label: 'Target', help: 'provider and model that the last attempt went to', suggests: true },
  dialect: { type: 'text', label: 'Dialect', help: 'wire format', suggests: true },
  operation: { type: 'text', label: 'Operation', help: 'chat, embeddings, count_tokens …', suggests: true },
  cache: {
    type: 'text',
    label: 'Cache',
    help: 'Weir’s own cache',
    values: ['off', 'miss', 'hit', 'refresh', 'bypass'],
  },
  billing: {
    type: 'text',
    label: 'Billing',
    help: 'who pays how',
    values: ['metered', 'subscription', 'committed', 'free'],
  },
  usage: {
    type: 'text',
    label: 'Usage',
    help: 'where the token counts come from',
    values: ['provider', 'partial', 'estimated', 'none'],
  },
  stream: { type: 'flag', label: 'Stream', help: 'the answer was asked for as a stream' },
  auxiliary: { type: 'flag', label: 'Auxiliary', help: 'housekeeping calls such as count_tokens' },
  unpriced: { type: 'flag', label: 'Unpriced', help: 'cost unknown because a price or the usage is missing' },
  finding: { type: 'text', label: 'Finding', help: 'rule that found a loop or runaway' },
  has: { type: 'text', label: 'Has', help: 'calls that have …', values: HAS },
  id: { type: 'text', label: 'Id', help: 'call, response, request, trace, session or tool-call id' },
}

/** A field by its name; `tag.anything` is a field of type tag. */
export const fieldOf = (name: string): Field | null =>
  Object.hasOwn(FIELDS, name)
    ? FIELDS[name]!
    : /^tag\.[^\s:"]+$/.test(name)
      ? { type: 'tag', label: name.slice(4), help: 'a tag on the call', suggests: true }
      : null
