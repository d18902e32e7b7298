/** When each piece of an answer arrived, for the stream's timeline and its replay. */
import type { ReadDb } from '../../db/engine.ts'
import { callPayload } from '../../db/queries/call-payload.ts'
import { getCall } from '../../db/queries/get-call.ts'
import { unpackTiming, type Arrival } from '../recorder/timing.ts'

export interface Timeline {
  /** Since the call began, in order; empty when no times were kept (the answer came in one piece, or the setting is off). */
  pieces: Arrival[]
  firstTokenMs: number | null
}

/** null: there is no such call. */
export const timeline = async (db: ReadDb, { id }: { id: string }): Promise<Timeline | null> => {
  const call = await getCall(db, { id })
  if (call === null) return null
  const timing = await callPayload(db, { id, kind: 'timing' })
  const pieces = timing === null || timing.expired ? [] : unpackTiming(timing.bytes)
  return { pieces, firstTokenMs: call.firstTokenMs }
}
