/** What the recorder asks of a database. One contract, two databases; test/db runs the same file over both. */
import type { Call } from '../server/call.ts'
import type { Position } from '../server/journal/entry.ts'
import type { Finding } from '../server/loops/finding.ts'
import type { HeadRow, LaneRow } from './tables.ts'

/** One body, byte-exact as on the wire (still compressed if it came compressed). */
export interface PayloadInput {
  /** `request` and `response` are bodies; `…Headers` are JSON arrays of raw header pairs; `timing` is the packed arrival times. */
  kind: 'request' | 'response' | 'requestHeaders' | 'responseHeaders' | 'timing'
  bytes: Uint8Array
  contentType: string | null
  contentEncoding: string | null
}

export interface RecordedCall {
  call: Call
  payloads: PayloadInput[]
  /** Decoded text of what this turn said, for full-text search. Empty when content may not be kept. */
  searchText: string
  /** The answer was read to its terminal event (or parsed whole): the cache may give it again. */
  complete?: boolean
  /** Where the call stands in its session; absent: not looked at. */
  turn?: { newFrom: number }
}

/** What threading keeps beside the calls; `sessions` and `lanes` are added up from the calls themselves. */
export interface SessionWrites {
  heads: HeadRow[]
  /** Numbers of heads that a call has gone on from, and of those that are needed no longer. */
  continued: string[]
  released: string[]
  moves: Move[]
}

/** Where a stored call turned out to belong. */
export type Move = { callId: string } & Pick<
  Call,
  'sessionId' | 'sessionSource' | 'parentId' | 'lane' | 'turn' | 'newFrom' | 'mark'
>

/** A stored call, as far as threading asks. */
export type Placed = Pick<
  Call,
  'id' | 'sessionId' | 'sessionSource' | 'parentId' | 'lane' | 'turn' | 'newFrom' | 'mark'
>

/** Questions of threading, where its memory does not know. */
export interface ThreadStore {
  /** The latest of each that was asked for, within reason. */
  heads(hashes: readonly string[]): HeadRow[] | Promise<HeadRow[]>
  headsOf(pks: readonly string[]): HeadRow[] | Promise<HeadRow[]>
  lanes(sessionIds: readonly string[]): LaneRow[] | Promise<LaneRow[]>
  callsOf(sessionId: string, most: number): Placed[] | Promise<Placed[]>
}

/** A start whose end has not been seen yet, kept with the position so that nothing is read twice or lost. */
export interface OpenStart {
  writer: string
  callId: string
  /** Where its first entry stands. */
  segment: number
  offset: number
  startedAt: number
}

export interface RecordBatch {
  calls: RecordedCall[]
  /** Read up to here; committed in the same transaction as the rows. */
  positions: Position[]
  /** All starts that are open at these positions, for each writer in `positions` (replaces what was stored for that writer). */
  open: OpenStart[]
  sessions?: SessionWrites
  /** Loops as they are after this batch. Their state is people's: it is kept as it is in the database. */
  findings?: Finding[]
  /** Calls that were stored before they turned out to be evidence. */
  evidence?: { id: string; callIds: string[] }[]
}

export interface PruneRequest {
  /** Content (payloads, search text) of calls that started before this is removed; null: not by age. */
  contentBefore: number | null
  /** Calls that started before this are removed whole; rollups stay. */
  callsBefore: number | null
  /** Oldest content is removed until the database uses at most this many bytes. */
  maxBytes: number | null
  /** At most this many calls in one go, so that the writer is never blocked for long. */
  chunk: number
}

export interface PruneResult {
  contentRemoved: number
  callsRemoved: number
  /** More to do: call again later. */
  more: boolean
}

/** The recorder's handle. SQLite answers at once, Postgres with a promise: always await. */
export interface Store {
  readonly threads: ThreadStore
  readonly kind: 'sqlite' | 'postgres'
  /** One transaction: rows, rollups, search, positions, open starts. Idempotent by call id. */
  record(batch: RecordBatch): void | Promise<void>
  positions(): Position[] | Promise<Position[]>
  openStarts(writer: string): OpenStart[] | Promise<OpenStart[]>
  /** Calls stored since this data folder began (pruned ones included). */
  callsRecorded(): number | Promise<number>
  /** The latest finding of a lane that is not resolved. */
  findingOf(sessionId: string, lane: string | null): Finding | null | Promise<Finding | null>
  prune(request: PruneRequest): PruneResult | Promise<PruneResult>
  /** SQLite: a WAL checkpoint that does not wait for readers; answers true when the WAL was written back with fsync. */
  checkpoint(): boolean | Promise<boolean>
  diskBytes(): number | Promise<number>
  close(): void | Promise<void>
}
