/** One captured body (or headers, or arrival times) of a call, byte for byte as on the wire. */
import { eq } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { columnOf, typeOf, unpack } from '../pack.ts'
import type { PayloadInput } from '../store.ts'

export type PayloadKind = PayloadInput['kind']

export interface CallPayload {
  bytes: Uint8Array
  contentType: string | null
  contentEncoding: string | null
  /** Content was captured once and has been removed by retention: `bytes` is empty. */
  expired: boolean
}

/** null: there is no such call, or nothing of this kind was captured. */
export const callPayload = async (
  { db, tables }: ReadDb,
  { id, kind }: { id: string; kind: PayloadKind },
): Promise<CallPayload | null> => {
  const { calls, payloads } = tables
  const [call] = await db.select({ pk: calls.pk, content: calls.content }).from(calls).where(eq(calls.id, id)).limit(1)
  if (!call || call.content === 'none') return null
  const [head] = await db
    .select({ stored: payloads.stored, codec: payloads.codec })
    .from(payloads)
    .where(eq(payloads.callPk, call.pk))
  if (!head) return { bytes: new Uint8Array(), contentType: null, contentEncoding: null, expired: true }
  const column = columnOf(head.stored, kind)
  if (!column) return null
  const [row] = await db.select({ bytes: payloads[column] }).from(payloads).where(eq(payloads.callPk, call.pk))
  const bytes = unpack(
    { callPk: call.pk, ...head, packed: null, request: null, response: null, [column]: row?.bytes ?? null },
    kind,
  )
  return bytes && { bytes, ...typeOf(head.stored, kind), expired: false }
}
