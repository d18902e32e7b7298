/**
 * Whose call is this: user, session, lane, application, tags and ids, from headers and from what the request says. Pure functions;
 * the gateway uses `attributeHeaders` before it knows the body, the recorder `attributeCall` when everything is known. The
 * headers of other gateways are understood, so that people can move without a code change (the list is in docs: metadata).
 */
import type { Capture } from '../call.ts'
import { APP_HEADERS, appOf } from './app.ts'
import type { RequestFacts } from './dialect.ts'
import { asName, asObject, asTags } from './read/json.ts'

type Session = { id: string; source: string }

/** What a client said on purpose, to this gateway or to another one of its kind. */
export interface HeaderAttribution {
  user: string | null
  team: string | null
  session: Session | null
  parent: string | null
  tags: Record<string, string>
  /** The strictest wish, or null where none was made. */
  capture: Capture | null
}

/** A header and what it came as, in order; the first that is there wins. */
const SESSION_HEADERS = [
  'x-weir-session',
  'helicone-session-id',
  'x-portkey-trace-id',
  'x-bf-session-id',
  'x-litellm-session-id',
  'x-litellm-trace-id',
]
const USER_HEADERS = ['x-weir-user', 'helicone-user-id', 'x-litellm-end-user-id', 'x-litellm-customer-id']
const TAG_PREFIXES = ['x-weir-tag-', 'helicone-property-', 'x-bf-dim-']
const TAG_MAPS = ['cf-aig-metadata', 'x-portkey-metadata']

/** Ids that clients send of themselves; they name a session, but nobody chose them for this gateway. */
const CLIENT_SESSIONS = [
  'x-claude-code-session-id',
  'session-id',
  'session_id',
  'thread-id',
  'x-session-id',
  'x-opencode-session',
]
const REQUEST_IDS = [
  'request-id',
  'x-request-id',
  'x-amzn-requestid',
  'apim-request-id',
  'x-ms-request-id',
  'x-generation-id',
]

const AGENT = 'x-claude-code-agent-id'
const CODEX = 'x-codex-turn-metadata'
/** What `attributeCall` reads of a request; the other headers need not be looked at. */
const READ = new Set([...CLIENT_SESSIONS, ...APP_HEADERS, AGENT, CODEX, 'traceparent'])
const READ_OF_ANSWER = new Set(REQUEST_IDS)

/** Tags are for grouping; a header may hold 64 KiB. */
const MAX_TAG = 256
const MAX_TAGS = 64

/** `raw`: name, value, name, value … as Node gives it; `urlTags`: from `/t/user=ann,team=search/…`, already decoded. */
export function attributeHeaders(raw: readonly string[], urlTags: Record<string, string> = {}): HeaderAttribution {
  if (!raw.some(isTold)) return fromUrl(urlTags)
  const headers = toMap(raw)
  const { user, session, team, parent, ...rest } = urlTags
  const portkey = jsonTags(headers.get('x-portkey-metadata'))
  return {
    user: firstOf(headers, USER_HEADERS)?.id ?? user ?? portkey._user ?? null,
    team: headers.get('x-weir-team') ?? team ?? null,
    session: firstOf(headers, SESSION_HEADERS) ?? (session ? { id: session, source: 'base URL' } : null),
    parent: headers.get('x-weir-parent') ?? parent ?? null,
    tags: bounded({ ...rest, ...readTags(headers) }),
    capture: readCapture(headers),
  }
}

/** Headers that are meant for a gateway; most calls have none, and are done with here. */
const TOLD = /^(?:x-weir-|helicone-|cf-aig-|x-portkey-|x-litellm-|x-bf-)/i
const isTold = (name: string, i: number): boolean => i % 2 === 0 && TOLD.test(name)

const fromUrl = ({ user, session, team, parent, ...rest }: Record<string, string>): HeaderAttribution => ({
  user: user ?? null,
  team: team ?? null,
  session: session ? { id: session, source: 'base URL' } : null,
  parent: parent ?? null,
  tags: bounded(rest),
  capture: null,
})

export interface CallAttribution {
  session: Session | null
  parentId: string | null
  lane: string | null
  user: string | null
  tags: Record<string, string>
  app: string | null
  requestId: string | null
  traceId: string | null
  spanId: string | null
}

/** `known`: what `attributeHeaders` found when the call began; it wins over what the request itself says. */
export function attributeCall(input: {
  requestHeaders: readonly string[]
  responseHeaders: readonly string[] | null
  request: RequestFacts | null
  known: { session: Session | null; parent: string | null; user: string | null; tags: Record<string, string> }
}): CallAttribution {
  const { request, known } = input
  const headers = toMap(input.requestHeaders, READ)
  const codex = asObject(json(headers.get(CODEX)))
  const session = known.session ?? clientSession(headers, codex) ?? request?.session ?? null
  return {
    session,
    parentId: known.parent,
    lane: laneOf(headers, codex, session),
    user: known.user ?? request?.user ?? null,
    // What a gateway was told, or a key decided, must not be pushed out by the number of what a body says.
    tags: bounded({ ...known.tags, ...request?.metadata, ...known.tags }),
    app: appOf(headers),
    requestId: firstOf(toMap(input.responseHeaders ?? [], READ_OF_ANSWER), REQUEST_IDS)?.id ?? null,
    ...readTraceparent(headers.get('traceparent')),
  }
}

/** What headers alone say of where a call belongs: known before it goes on, and as its row will say it. */
export function placeInHeaders(
  raw: readonly string[],
  known: Session | null,
): { session: string | null; lane: string | null } {
  const headers = toMap(raw, READ)
  const codex = asObject(json(headers.get(CODEX)))
  const session = known ?? clientSession(headers, codex)
  return { session: session && session.id, lane: laneOf(headers, codex, session) }
}

function clientSession(headers: Map<string, string>, codex: Record<string, unknown>): Session | null {
  const found = firstOf(headers, CLIENT_SESSIONS)
  if (found) return found
  const id = asName(codex.session_id) ?? asName(codex.thread_id)
  return id === null ? null : { id, source: `header ${CODEX}` }
}

/** One agent inside a session: Claude Code names its agents, Codex gives each a thread of its own. */
function laneOf(headers: Map<string, string>, codex: Record<string, unknown>, session: Session | null): string | null {
  const agent = headers.get(AGENT) ?? asName(codex.agent_name)
  if (agent) return agent
  const thread = headers.get('thread-id') ?? asName(codex.thread_id)
  return thread && thread !== session?.id ? thread : null
}

/** https://www.w3.org/TR/trace-context/#traceparent-header — all zeros are invalid. */
function readTraceparent(value: string | undefined): { traceId: string | null; spanId: string | null } {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/i.exec(value ?? '')
  if (!match || /^0+$/.test(match[1]!) || /^0+$/.test(match[2]!)) return { traceId: null, spanId: null }
  return { traceId: match[1]!.toLowerCase(), spanId: match[2]!.toLowerCase() }
}

function readCapture(headers: Map<string, string>): Capture | null {
  const wish = headers.get('x-weir-capture')?.toLowerCase()
  if (wish === 'full' || wish === 'metadata' || wish === 'off') return wish
  const omits = ['helicone-omit-request', 'helicone-omit-response'].some(
    (name) => headers.get(name)?.toLowerCase() === 'true',
  )
  return omits ? 'metadata' : null
}

function readTags(headers: Map<string, string>): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const name of TAG_MAPS) {
    const { _user, ...rest } = jsonTags(headers.get(name))
    Object.assign(tags, rest)
  }
  for (const tag of (headers.get('x-litellm-tags') ?? '').split(',')) if (tag.trim() !== '') tags[tag.trim()] = 'true'
  for (const name of ['helicone-session-name', 'helicone-session-path']) {
    if (headers.has(name)) tags[name.slice('helicone-'.length)] = headers.get(name)!
  }
  for (const [name, value] of headers) {
    const prefix = TAG_PREFIXES.find((start) => name.startsWith(start))
    if (prefix && name.length > prefix.length) tags[name.slice(prefix.length)] = value
  }
  return tags
}

const bounded = (tags: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tags)
      .slice(0, MAX_TAGS)
      .map(([name, value]) => [name.slice(0, MAX_TAG), value.slice(0, MAX_TAG)]),
  )

function firstOf(headers: Map<string, string>, names: readonly string[]): Session | null {
  const name = names.find((candidate) => headers.has(candidate))
  return name === undefined ? null : { id: headers.get(name)!, source: `header ${name}` }
}

/** Lower-case names, first value wins, empty values are none. `only`: these and no others. */
function toMap(raw: readonly string[], only?: ReadonlySet<string>): Map<string, string> {
  const map = new Map<string, string>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (only && !only.has(name)) continue
    const value = toText(raw[i + 1]!).trim()
    if (value !== '' && !map.has(name)) map.set(name, value)
  }
  return map
}

/** Node hands headers over as latin1; people write UTF-8 into them. */
function toText(value: string): string {
  // oxlint-disable-next-line no-control-regex
  if (!/[\x80-\xff]/.test(value)) return value
  const text = Buffer.from(value, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? value : text
}

const jsonTags = (value: string | undefined): Record<string, string> => asTags(json(value))

function json(value: string | undefined): unknown {
  if (!value?.startsWith('{')) return null
  try {
    return JSON.parse(value)
  } catch {
    return null
  }
}
