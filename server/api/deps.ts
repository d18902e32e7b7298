/** What the dashboard's side of Weir is given. Everything comes in here; nothing below reads the environment or a global. */
import type { Cache } from '../cache/cache.ts'
import type { Call } from '../call.ts'
import type { Config } from '../config/config.ts'
import type { CredentialAdmin } from '../credentials/admin.ts'
import type { JournalCounters } from '../journal/entry.ts'
import type { Key } from '../policy/key.ts'
import type { KeyAdmin } from '../policy/key-admin.ts'
import type { BudgetItem } from '../policy/limits/budgets.ts'
import type { RouteList } from '../policy/route-list.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { LoopDesk } from '../loops/desk.ts'
import type { Ask } from '../reader/ask.ts'
import type { RecorderStatus, StoredCall } from '../recorder/messages.ts'
import type { RedisState } from '../redis/redis.ts'
import type { AdminAuth } from './auth.ts'

export interface RunningEvent {
  type: 'started' | 'ended'
  call: Call
}

/** The main thread's registry of calls that are not over yet. */
export interface RunningCalls {
  list(): Call[]
  /** Ends the upstream request; the client gets its dialect's error. False: no such call is running. */
  cancel(id: string): boolean
  /** How many calls were ended. */
  cancelSession(sessionId: string): number
  /** How many calls with this key were ended. */
  cancelKey(name: string): number
  subscribe(listener: (event: RunningEvent) => void): () => void
}

export interface RecordedCalls {
  /** After the commit, every call; it costs nothing to listen. */
  onStored(listener: (stored: readonly StoredCall[]) => void): () => void
  /** The same calls whole: while somebody listens here, the recorder sends them over. */
  subscribe(listener: (calls: Call[]) => void): () => void
  status(): RecorderStatus
}

export interface AppDeps {
  config(): Config
  configProblems(): string[]
  ask: Ask
  running: RunningCalls
  cache: Pick<Cache, 'stats' | 'clear'>
  /** How far along every limit is. */
  budgets(): Promise<BudgetItem[]>
  /** Routes and their health, as /api/routes shows them. */
  routeList(): Promise<RouteList>
  keys: KeyAdmin
  credentials: CredentialAdmin
  /** The limits and budgets that can refuse a call with this key, as /api/budgets shows them. */
  budgetsFor(key: Pick<Key, 'name'>): Promise<BudgetItem[]>
  /** Loops that were found. */
  loops: Pick<LoopDesk, 'mark' | 'subscribe'>
  alerts: Pick<Alerts, 'list' | 'test'>
  recorded: RecordedCalls
  journal: { counters(): JournalCounters; healthy(): boolean }
  /** What several Weirs share; null: nothing. */
  redis?: () => (RedisState & { whenDown: Config['redisDown']; unchecked: number; lost: number }) | null
  admin: AdminAuth
  /** Folder of the built web app (dist/web). */
  assets: string
  version: string
  startedAt: number
  demo: boolean
  /** SIGTERM was received: /readyz fails first, so that balancers look elsewhere. */
  draining?: () => boolean
  /** Requests that Node's HTTP parser refused (`clientError`). */
  parserRefused?: () => number
  /** Unexpected errors, for the process' log. */
  log?: (error: unknown) => void
}
