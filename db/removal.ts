/** What it takes to remove a call or its content: the index wants back exactly what it was given. */
import type { SearchDoc, Write } from './engine.ts'
import type { CallRow, PayloadRow } from './tables.ts'
import { textOf } from './pack.ts'
import { idsOf } from './rows.ts'

export type Identified = Pick<CallRow, 'pk' | 'requestId' | 'responseId' | 'traceId' | 'spanId'>

/** The document as it stands in the index. */
export const toDoc = (row: Identified, contents: readonly PayloadRow[]): SearchDoc => {
  const content = contents.find(({ callPk }) => callPk === row.pk)
  return { pk: row.pk, ids: idsOf(row), text: content ? textOf(content) : '' }
}

export const removeCalls = (pks: readonly number[]): Write[] => [
  { remove: 'payloads', column: 'callPk', values: pks },
  { remove: 'attempts', column: 'callPk', values: pks },
  { remove: 'tags', column: 'callPk', values: pks },
  { remove: 'calls', column: 'pk', values: pks },
]
