/** The calls behind a filter, newest first (or oldest first), page by page on (startedAt, id): stable while new calls come in. */
import type { Call } from '../../server/call.ts'

export interface ListCalls {
  q?: string
  /** Epoch milliseconds, `from` inclusive, `to` exclusive. */
  from?: number | null
  to?: number | null
  /** 1 to 500. */
  limit?: number
  /** `next` of the page before. */
  cursor?: string | null
  order?: 'newest' | 'oldest'
}

/** A call without what only its own page shows. */
export type CallListItem = Omit<Call, 'usageRaw' | 'costParts' | 'attempts'>

export interface CallList {
  items: CallListItem[]
  next: string | null
  /** Why calls may be missing from this page or may follow on the next one although `items` is short; null: it is whole. */
  incomplete: string | null
}
