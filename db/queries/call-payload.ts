/** One captured body (or headers, or arrival times) of a call, byte for byte as on the wire. */
import type { PayloadInput } from '../store.ts'

export interface CallPayload {
  bytes: Uint8Array
  contentType: string | null
  contentEncoding: string | null
  /** It was captured once and removed by retention: `bytes` is empty. */
  expired: boolean
}
export type PayloadKind = PayloadInput['kind']
