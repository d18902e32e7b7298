/** Rows as the API's calls. */
import { getTableColumns } from 'drizzle-orm'
import type { Call } from '../../server/call.ts'
import type { ReadDb } from '../engine.ts'
import { omit, toCall } from '../rows.ts'
import type { CallRow } from '../tables.ts'

/** A call without what only its own page shows. */
export type CallListItem = Omit<Call, 'usageRaw' | 'costParts' | 'attempts'>

/** All columns but those that a list never shows. */
export const listColumns = ({ tables: { calls } }: ReadDb) => omit(getTableColumns(calls), UNLISTED)

const UNLISTED = ['usageRaw', 'costParts', 'plainAttempt'] as const

export const toListItem = (row: Omit<CallRow, (typeof UNLISTED)[number]>): CallListItem =>
  omit(toCall({ ...row, usageRaw: null, costParts: null, plainAttempt: null }, []), [
    'usageRaw',
    'costParts',
    'attempts',
  ])
