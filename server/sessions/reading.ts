/** One call as placing wants it: whose it is, its chain, and what its request is for. */
import type { Answer, RequestFacts } from '../dialects/dialect.ts'
import { asideOf, retoldLines, summaryLines, type Aside } from './aside.ts'
import type { Chain, Hasher, Point } from './chain.ts'
import { keyOf } from './head.ts'
import type { Turn } from './turn.ts'

export interface Reading {
  turn: Turn
  request: RequestFacts | null
  /** A session that somebody named: by header, body or base URL. */
  declared: { id: string; source: string } | null
  chain: Chain
  /** Of system prompt and tools. */
  system: string | null
  tools: string | null
  aside: Aside | 'auxiliary' | null
  /** There was no whole answer: to send the same again is to try again. */
  failed: boolean
  /** Hashes of the answer before this one, by the provider's id; of this answer; of the trace; of what may be told again. */
  previous: string | null
  response: string | null
  trace: string | null
  retold: string[]
  summary: string[]
}

const EMPTY: Chain = { points: [], answered: [] }
/** Beginnings that are asked for in the database: the longest ones, and a few of the shortest. */
const LONGEST = 24
const SHORTEST = 4
const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i

export function read(hasher: Hasher, turn: Turn): Reading {
  const { call, request, answer } = turn
  const declared = declaredBy(turn)
  // In a declared session only its own calls go on from each other; else a key's, and without a key a credential's.
  const scope = declared
    ? `session\u0000${declared.id}`
    : `key\u0000${call.key ?? ''}\u0000${call.key === null ? call.credential : ''}`
  const name = (kind: string, text: string | null) => (text === null ? null : hasher.name(kind, scope, text))
  const previousId = request?.previousId ?? null
  // What stands before the input of a stored conversation is not here: such a chain has a beginning of its own.
  const start = hasher.start(previousId === null ? scope : `${scope}\u0000${previousId}`)
  const chain = request && isConversation(call, request) ? hasher.chain(start, request, answer) : EMPTY
  const aside = call.auxiliary
    ? 'auxiliary'
    : request && chain.points.length > 0
      ? asideOf(request, call.operation)
      : null
  const alone = request !== null && declared === null && !chain.points.some(({ spoken }) => spoken)
  return {
    turn,
    request,
    declared,
    chain,
    system: request && hasher.system(request.messages),
    tools: request && hasher.tools(request.tools),
    aside,
    failed: hasFailed(turn),
    previous: name('response', previousId),
    response: request && isStored(call.operation, request) ? name('response', call.responseId) : null,
    trace: declared ? null : name('trace', call.traceId),
    retold: alone ? retoldLines(request.messages).map((line) => hasher.name('summary', scope, line)) : [],
    summary: aside === 'summary' ? summaryLines(answer).map((line) => hasher.name('summary', scope, line)) : [],
  }
}

/** What the database is to be asked for, where memory does not know the longest beginning. */
export function questions({ chain, previous, trace, retold }: Reading): string[] {
  const { points, answered } = chain
  const asked = points.length <= LONGEST + SHORTEST ? points : [...points.slice(0, SHORTEST), ...points.slice(-LONGEST)]
  const spoken = points.some((point) => point.spoken)
  return [
    ...asked.flatMap((point) => keysOf(point, spoken)),
    ...answered.map((hash) => keyOf('wanted', hash)),
    ...(previous === null ? [] : [keyOf('response', previous)]),
    ...(trace === null ? [] : [keyOf('trace', trace)]),
    ...retold.map((hash) => keyOf('summary', hash)),
  ]
}

/** Nobody goes on from what was merely asked before the model ever spoke, unless it failed. */
const keysOf = ({ hash, spoken }: Point, hasSpoken: boolean): string[] =>
  spoken ? [hash] : hasSpoken ? [hash, keyOf('failed', hash)] : [keyOf('failed', hash)]

/** `prompt_cache_key` may be one for all calls of an application: it names a session only where it looks like one's id. */
function declaredBy({ call }: Turn): Reading['declared'] {
  const { sessionId, sessionSource } = call
  if (sessionId === null) return null
  if (sessionSource === 'prompt_cache_key' && !UUID.test(sessionId)) return null
  return { id: sessionId, source: sessionSource ?? 'unknown' }
}

/** What has a text and no history: each would be a session of one call. */
const NO_CONVERSATION: ReadonlySet<string | null> = new Set([
  'embeddings',
  'completions',
  'images',
  'speech',
  'transcription',
  'moderations',
  'predict',
])

const isConversation = ({ operation }: Turn['call'], { messages }: RequestFacts): boolean =>
  !NO_CONVERSATION.has(operation) && messages.some(({ parts }) => parts.some(({ type }) => type !== 'raw'))

const isStored = (operation: string | null, { settings }: RequestFacts): boolean =>
  operation === 'responses' && settings.store !== false

const FAILED = new Set(['error', 'client_abort', 'upstream_abort', 'timeout', 'interrupted', 'refused'])
const hasFailed = ({ call, answer }: { call: Turn['call']; answer: Answer | null }): boolean =>
  FAILED.has(call.outcome) || (answer?.messages.length ?? 0) === 0
