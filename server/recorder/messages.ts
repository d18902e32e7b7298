/** What main thread and recorder thread say to each other. The journal itself goes by file. */
import type { Call } from '../call.ts'
import type { Direction, Position } from '../journal/entry.ts'
import type { FindingState } from '../loops/finding.ts'
import type { LoopNews } from '../loops/news.ts'
import type { LoopSettings } from '../loops/settings.ts'
import type { Answered } from './answered.ts'
import type { Charge } from '../policy/limits/ledger.ts'
import type { Settled } from '../policy/routing.ts'
import type { PriceOverride } from '../prices/override.ts'

/** Given to the worker at start. */
export interface RecorderOptions {
  dataDir: string
  /** `sqlite` or a postgres:// address. */
  database: string
  /** Int32 cell, bumped and notified by the journal's writer when an `end` is on disk. */
  wake: SharedArrayBuffer
  retention: { contentMs: number | null; callsMs: number | null; maxBytes: number | null }
  capture: { maxBytes: number }
  /** `loops` of weir.yaml; absent: nothing is looked for. */
  loops?: LoopSettings
  /** By which main thread and recorder know a conversation of each other's; new at each start, and never on the disk. */
  loopKey?: Uint8Array
  /** `prices` and `aliases` of weir.yaml. */
  prices: { overrides: readonly PriceOverride[]; aliases: Readonly<Record<string, string>> }
  /** Per provider name: dialects, price id, billing, so that configured providers are read like built-in ones. */
  providers: ProviderFacts[]
  /** In hex: instead of the data folder's own. Weirs that share it and a database find each other's sessions. */
  credentialNamesKey?: string | null
  /** Two Int32 cells for the handle's watchdog: calls begun, and 1 while one is being decoded. Set by `startRecorder`. */
  pulse?: ArrayBufferLike
  /** One Int32 cell where the recorder counts the content bytes that it has taken from its messages. Set by `startRecorder`. */
  taken?: ArrayBufferLike
  /** The recorder before this one crashed under the same process. Set by `startRecorder`. */
  crashed?: boolean
}

export interface ProviderFacts {
  name: string
  dialects: string[]
  priceId: string | null
  billing: 'metered' | 'subscription' | 'committed' | 'free'
  local: boolean
}

/** What the main thread learns of every call that is stored. */
export type StoredCall = Pick<Call, 'id' | 'outcome'> & {
  /** What limits count; absent unless they asked for it. */
  charge?: Charge
  /** What the cache waits for; absent: it does not. */
  answered?: Answered
  /** What routes learn; absent: the call took none. */
  routed?: Settled
}

export type ToRecorder =
  /** Content of a call whose capture is below `full`: it goes by bounded memory, never by disk. */
  | { type: 'body'; callId: string; direction: Direction; bytes: Uint8Array }
  | { type: 'settings'; settings: Pick<RecorderOptions, 'retention' | 'capture' | 'prices' | 'providers' | 'loops'> }
  | { type: 'prune'; id: number }
  /** Whether whole calls are wanted from now on; else they cost both threads their copying for nothing. */
  | { type: 'listen'; on: boolean }
  /** Whether limits want to know what every call has taken. */
  | { type: 'charges'; on: boolean }
  /** What a person said of a finding. */
  | { type: 'finding'; id: string; state: FindingState }
  /** Record all that is in the journal, then answer `stopped` and end. */
  | { type: 'stop' }

export type FromRecorder =
  | { type: 'ready' }
  /**
   * After the commit, in order of storing; `seq` counts what this recorder has stored. `calls`: the same calls whole, if
   * somebody listens, else null.
   */
  | { type: 'recorded'; stored: StoredCall[]; calls: Call[] | null; seq: number }
  /** After the commit, too: what detection saw. */
  | { type: 'findings'; news: LoopNews[] }
  | { type: 'status'; status: RecorderStatus }
  | { type: 'failed'; message: string }
  /** Answer to `prune`. */
  | { type: 'pruned'; id: number; contentRemoved: number; callsRemoved: number }
  | { type: 'stopped' }

export interface RecorderStatus {
  /** Age of the oldest finished call that is not stored yet, 0 when none. */
  behindMs: number
  callsRecorded: number
  /** Corrupt or unreadable entries set aside. */
  entriesSkipped: number
  diskBytes: number
  /** Why the database cannot be written now, else null. */
  problem: string | null
  positions: Position[]
}
