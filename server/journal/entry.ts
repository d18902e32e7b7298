/** What stands in the journal: four kinds of entry, their meta-data, and the interfaces of writer and reader. */
import type { Billing, CacheState, Capture, Change, Outcome } from '../call.ts'
import type { BilledAnswer } from '../policy/quality/rules.ts'

/** `start` before the upstream call · `attempt` when a try has headers or has failed · `part` a piece of a body · `end` exactly once. */
export type EntryKind = 'start' | 'attempt' | 'part' | 'end'
export type Direction = 'request' | 'response'

/** What is known before the upstream call. Credentials are masked before this is written. */
export interface StartMeta {
  startedAt: number
  provider: string | null
  dialect: string | null
  operation: string | null
  auxiliary: boolean
  model: string | null
  stream: boolean | null
  target: string | null
  route: string | null
  method: string
  /** Raw request target as received, masked. */
  path: string
  /** Path and query as sent upstream, masked; null when there is no upstream. */
  upstreamPath: string | null
  /** Raw request headers as received (name, value, name, value …), latin1, credentials masked, `x-weir-*` included. */
  headers: string[]
  httpVersion: string
  key: string | null
  team: string | null
  user: string | null
  tags: Record<string, string>
  /** From `x-weir-session`, its aliases or the base URL. */
  session: { id: string; source: string } | null
  parent: string | null
  credential: string | null
  billing: Billing | null
  cache: CacheState
  capture: Capture
  clientIp: string | null
  /** The call id of the WebSocket handshake that this model response came over, else null. */
  socket: string | null
}

export interface AttemptMeta {
  n: number
  target: string
  startedAt: number
  /** Milliseconds since the call started. */
  atMs: number
  connectMs: number | null
  headersMs: number | null
  status: number | null
  statusMessage: string | null
  /** Raw response headers as received, `set-cookie` and credentials masked; null when none came. */
  headers: string[] | null
  error: { code: string; message: string } | null
  reason: string | null
  /** Of a route's try, which may be another than `start` says; absent elsewhere. */
  provider?: string
  model?: string | null
  /** Path and query of this try, masked. */
  path?: string
  /** The credential that it was made with, by the name that does not give it away. */
  credential?: string | null
  /** What a try was billed for whose answer came whole and was given up (quality rules of a route). */
  answer?: BilledAnswer
}

export interface EndMeta {
  outcome: Exclude<Outcome, 'running' | 'interrupted'>
  /** What the client saw; null when it saw nothing. */
  status: number | null
  errorCode: string | null
  errorMessage: string | null
  durationMs: number
  overheadMs: number | null
  requestBytes: number
  responseBytes: number
  /** Of the whole body, in hex; only set when the body was truncated. */
  requestSha256: string | null
  responseSha256: string | null
  truncated: boolean
  changes: Change[]
  hint: string | null
  trailers: string[] | null
  /** Why the journal does not hold all that went by (WebSocket frames that could not be read); absent in older journals. */
  incomplete?: string | null
  /** Absent: the cache had nothing to do with it. */
  cache?: CacheNote | undefined
}

/** What the cache did for a call. */
export interface CacheNote {
  state: CacheState
  /** Why it is a miss or was passed by, in words. */
  why: string | null
  /** The call whose answer this one got. */
  from: string | null
  /** null for a hit: what the answer says that it would have cost. */
  savedNano: number | null
  savedMs: number | null
  /** Of an answer from the cache: raw headers that say how its bytes are read. */
  headers: string[] | null
}

/** A body piece: its bytes, or only their count (above the capture limit, or capture below `full`). */
export interface PartData {
  direction: Direction
  /** Milliseconds since the call started, with a resolution of 10 µs. */
  atMs: number
  length: number
  /** null when only the length was kept. */
  bytes: Buffer | null
}

export type Entry =
  | { kind: 'start'; callId: string; meta: StartMeta }
  | { kind: 'attempt'; callId: string; meta: AttemptMeta }
  | { kind: 'part'; callId: string; part: PartData }
  | { kind: 'end'; callId: string; meta: EndMeta }

/** A place in one writer's journal. */
export interface Position {
  writer: string
  segment: number
  offset: number
}

/**
 * The writing side, on the main thread. Each method queues its entry and answers when the group commit that holds it has
 * returned: true when it is in the journal, false when it was shed or dropped by policy (disk full) — then it is counted.
 * It never rejects: a journal that cannot write must not stop a call, unless the policy says `refuse` (see `accepting`).
 */
export interface Journal {
  readonly writer: string
  start(callId: string, meta: StartMeta): Promise<boolean>
  attempt(callId: string, meta: AttemptMeta): Promise<boolean>
  part(callId: string, part: PartData): Promise<boolean>
  end(callId: string, meta: EndMeta): Promise<boolean>
  /** False when the policy at `journal.maxBytes` is `refuse` and it is reached: new calls get `journal_full`. */
  accepting(): boolean
  /** Writable at all, for /readyz. */
  healthy(): boolean
  counters(): JournalCounters
  /** Writes what is queued, closes the segment and gives up the writer's lock. */
  close(): Promise<void>
}

export interface JournalCounters {
  bytesOnDisk: number
  entriesWritten: number
  /** Bodies not kept because the journal was full. */
  bodiesShed: number
  /** Calls not recorded at all because the journal was full or not writable. */
  callsLost: number
}

/** Everything the journal holds of one call, put together by the reader side. */
export interface JournaledCall {
  callId: string
  start: StartMeta
  attempts: AttemptMeta[]
  request: PartData[]
  response: PartData[]
  /** null: the writer died (or the entry was corrupt); the recorder judges the call from its parts. */
  end: EndMeta | null
}
