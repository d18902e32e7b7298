/** One page of an export, as text: whole calls, oldest first, as JSON lines or CSV. Made here so that the main thread only passes it on. */
import type { ReadDb } from '../../db/engine.ts'
import { getCall } from '../../db/queries/get-call.ts'
import { listCalls } from '../../db/queries/list-calls.ts'
import { toCsvHead, toCsvRow } from './csv.ts'

const PAGE = 200

export interface ExportPage {
  format: 'jsonl' | 'csv'
  q: string
  from: number
  to: number
  /** `next` of the page before; null: the first page, which carries the CSV's head line. */
  cursor: string | null
}

export const exportPage = async (
  db: ReadDb,
  { format, cursor, ...filter }: ExportPage,
): Promise<{ bytes: Uint8Array; calls: number; next: string | null }> => {
  const page = await listCalls(db, { ...filter, cursor, limit: PAGE, order: 'oldest' })
  const toLine = format === 'csv' ? toCsvRow : (call: object) => JSON.stringify(call)
  const lines = format === 'csv' && cursor === null ? [toCsvHead()] : []
  for (const { id } of page.items) {
    const call = await getCall(db, { id })
    // Removed by retention between the two questions.
    if (call !== null) lines.push(toLine(call))
  }
  const newline = format === 'csv' ? '\r\n' : '\n'
  const bytes = new TextEncoder().encode(lines.map((line) => line + newline).join(''))
  return { bytes, calls: page.items.length, next: page.next }
}
