/** One captured body (or headers, or arrival times) of a call, byte for byte as on the wire. */
import { eq } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { columnOf, dictionaryOf, typeOf, unpack } from '../pack.ts'
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
  read: ReadDb,
  { id, kind }: { id: string; kind: PayloadKind },
): Promise<CallPayload | null> => {
  const { db } = read
  const { calls, payloads } = read.tables
  const [call] = await db.select({ pk: calls.pk, content: calls.content }).from(calls).where(eq(calls.id, id)).limit(1)
  if (!call || call.content === 'none') return null
  const [head] = await db
    .select({ stored: payloads.stored, codec: payloads.codec, framePk: payloads.framePk })
    .from(payloads)
    .where(eq(payloads.callPk, call.pk))
  // The row may stay for what is a delta to it; the content is gone all the same.
  if (!head || head.stored.length === 0 || call.content === 'expired') return EXPIRED
  const column = columnOf(head, kind)
  if (!column) return null
  const keyPk = column === 'packed' ? head.framePk : null
  const [[row], key] = await Promise.all([
    db.select({ bytes: payloads[column] }).from(payloads).where(eq(payloads.callPk, call.pk)),
    keyPk === null ? null : readKey(read, keyPk),
  ])
  if (keyPk !== null && key === null) return goneMeanwhile(read, call.pk)
  const bytes = unpack(
    { ...head, packed: null, request: null, response: null, [column]: row?.bytes ?? null },
    kind,
    key,
  )
  return bytes && { bytes, ...typeOf(head.stored, kind), expired: false }
}

const EXPIRED: CallPayload = { bytes: new Uint8Array(), contentType: null, contentEncoding: null, expired: true }

/** Between two questions retention may remove a row and its key frame, but never the key frame alone. */
async function goneMeanwhile({ db, tables: { payloads } }: ReadDb, pk: number): Promise<CallPayload> {
  const rows = await db.select({ pk: payloads.callPk }).from(payloads).where(eq(payloads.callPk, pk))
  if (rows.length === 0) return EXPIRED
  throw new Error(`The content of call row ${pk} lacks its key frame: restore the database from a backup.`)
}

async function readKey({ db, tables: { payloads } }: ReadDb, pk: number): Promise<Buffer | null> {
  const { codec, packed, request } = payloads
  const [row] = await db.select({ codec, packed, request }).from(payloads).where(eq(payloads.callPk, pk))
  return row ? dictionaryOf(row) : null
}
