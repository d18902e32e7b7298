/** Raw headers of a call, as the recorder stored them: JSON arrays of pairs, order and duplicates kept, credentials masked. */
import type { ReadDb } from '../../db/engine.ts'
import { callPayload, type PayloadKind } from '../../db/queries/call-payload.ts'

export type HeaderPair = [name: string, value: string]

/** null: none were kept, or there is no such call. */
export const headers = async (
  db: ReadDb,
  { id }: { id: string },
): Promise<{ request: HeaderPair[]; response: HeaderPair[] } | null> => {
  const request = await pairs(db, id, 'requestHeaders')
  const response = await pairs(db, id, 'responseHeaders')
  return request === null && response === null ? null : { request: request ?? [], response: response ?? [] }
}

async function pairs(db: ReadDb, id: string, kind: PayloadKind): Promise<HeaderPair[] | null> {
  const payload = await callPayload(db, { id, kind })
  if (payload === null || payload.expired) return null
  return JSON.parse(Buffer.from(payload.bytes).toString('utf8')) as HeaderPair[]
}
