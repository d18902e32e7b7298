/** What it takes to remove a call or its content: the index wants back exactly what it was given. */
import { inArray } from 'drizzle-orm'
import type { ReadDb, SearchDoc, Write } from './engine.ts'
import { dictionaryOf, textOf } from './pack.ts'
import { idsOf } from './rows.ts'
import type { CallRow, PayloadRow } from './tables.ts'

export type Identified = Pick<CallRow, 'pk' | 'requestId' | 'responseId' | 'traceId' | 'spanId'>

/** The document as it stands in the index. `key`: the bytes that the content is a delta to. */
export const toDoc = (row: Identified, content: PayloadRow | undefined, key: Buffer | null): SearchDoc => ({
  pk: row.pk,
  ids: idsOf(row),
  text: content ? textOf(content, key) : '',
})

/** Key frames of content that is read row by row: neighbours have the same. */
export const createKeys = ({ db, tables: { payloads } }: Pick<ReadDb, 'db' | 'tables'>) => {
  const read = new Map<number, Buffer>()
  return async (pk: number | null): Promise<Buffer | null> => {
    if (pk === null) return null
    const known = read.get(pk)
    if (known) return known
    const { codec, packed, request } = payloads
    const [row] = await db
      .select({ codec, packed, request })
      .from(payloads)
      .where(inArray(payloads.callPk, [pk]))
    if (!row) return null
    const bytes = dictionaryOf(row)
    if (read.size >= KEYS_HELD) read.clear()
    read.set(pk, bytes)
    return bytes
  }
}

const KEYS_HELD = 32

/** `to`: see frames/expire.ts. Content first: it takes the lock that others wait for. */
export const removeCalls = (pks: readonly number[], to?: readonly number[]): Write[] => [
  { expire: { pks, to } },
  { remove: 'attempts', column: 'callPk', values: pks },
  { remove: 'tags', column: 'callPk', values: pks },
  { remove: 'calls', column: 'pk', values: pks },
]
