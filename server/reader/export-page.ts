/** One page of an export, as text: whole calls, oldest first, as JSON lines or CSV. Made here so that the main thread only passes it on. */
import type { ReadDb } from '../../db/engine.ts'
import { exportCalls } from '../../db/queries/export-calls.ts'
import type { Call } from '../call.ts'
import { toCsvHead, toCsvRow } from './csv.ts'

/** Below the 500 rows that `exportCalls` reads at a time, so that a page is one read. About 1 MB of JSON. */
const PAGE = 400

export interface ExportPage {
  format: 'jsonl' | 'csv'
  q: string
  from: number
  to: number
  /** Only the calls of this session. */
  sessionId?: string
  /** `next` of the page before; null: the first page, which carries the CSV's head line. */
  cursor: string | null
}

/** @throws RangeError for a filter or cursor that cannot be understood. */
export const exportPage = async (
  db: ReadDb,
  { format, cursor, ...filter }: ExportPage,
): Promise<{ bytes: Uint8Array; calls: number; next: string | null }> => {
  const after = cursor === null ? null : fromCursor(cursor)
  const calls: Call[] = []
  for await (const call of exportCalls(db, { ...filter, from: after?.startedAt ?? filter.from })) {
    // Calls of one millisecond are in the order of their ids.
    if (after && call.startedAt === after.startedAt && call.id <= after.id) continue
    calls.push(call)
    if (calls.length === PAGE) break
  }
  const last = calls.at(-1)
  const next = calls.length === PAGE && last ? toCursor(last) : null
  return { bytes: toBytes(format, calls, cursor === null), calls: calls.length, next }
}

function toBytes(format: ExportPage['format'], calls: Call[], first: boolean): Uint8Array {
  const lines =
    format === 'csv'
      ? [...(first ? [toCsvHead()] : []), ...calls.map(toCsvRow)].map((line) => `${line}\r\n`)
      : calls.map((call) => `${JSON.stringify(call)}\n`)
  return new TextEncoder().encode(lines.join(''))
}

const toCursor = ({ startedAt, id }: Call): string => `${startedAt}_${id}`

function fromCursor(text: string): { startedAt: number; id: string } {
  const match = /^(\d{1,16})_(.{1,64})$/su.exec(text)
  if (!match) throw new RangeError('cursor: take the value of `next` from the page before, unchanged')
  return { startedAt: Number(match[1]), id: match[2] as string }
}
