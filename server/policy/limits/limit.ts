/** What a limit is: whom it counts, over what time, how much is allowed, and what happens beyond. Types, and how they are read. */
import { toMilliseconds } from '../../config/units.ts'

export const SCOPES = ['global', 'key', 'team', 'user', 'tag', 'route', 'model', 'provider', 'session', 'lane'] as const
export type ScopeKind = (typeof SCOPES)[number]

export const CALENDAR = ['second', 'minute', 'hour', 'day', 'week', 'month'] as const
export type Calendar = (typeof CALENDAR)[number]

export const UNITS = ['requests', 'tokens', 'cost', 'concurrency'] as const
export type Unit = (typeof UNITS)[number]

/** As it stands in weir.yaml, with its defaults. */
export interface Limit {
  on: ScopeKind
  /** Only this key, team …; absent: each of them has a counter of its own. For tags `feature` or `feature=search`. */
  name?: string | undefined
  /** A calendar window in `zone`, or any such stretch of time; absent: `concurrency` alone. */
  per?: Calendar | { rolling: string } | undefined
  zone: string
  requests?: number | undefined
  tokens?: number | undefined
  /** US dollars. */
  cost?: number | undefined
  /** Calls at once. */
  concurrency?: number | undefined
  /** `block` refuses, `alert` says so in a header and lets the call pass. */
  action: 'block' | 'alert'
  /** What a money budget does with a call that nobody can price. */
  unpriced: 'refuse' | 'count_as' | 'allow'
  /** US dollars that an unpriced call counts as. */
  countAs?: number | undefined
  /** Output tokens that are reserved for a call which names no maximum. */
  reserveOutput: number
}

/** A limit that a key carries: it is on that key. */
export type KeyLimit = Omit<Limit, 'on' | 'name'>

/** Length of a rolling window in milliseconds; null: a calendar window, or none. */
export const rollingMs = ({ per }: Pick<Limit, 'per'>): number | null =>
  typeof per === 'object' ? toMilliseconds(per.rolling) : null
