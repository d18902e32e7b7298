/** A stored body without its content-encoding, for people and for the dialects; bounded, since a small body may unfold to gigabytes. */
import { callPayload } from '../../db/queries/call-payload.ts'
import type { ReadDb } from '../../db/engine.ts'
import { codings, inflateAll } from '../recorder/inflate.ts'

/** Four times the default capture limit, like the recorder. */
const MAX_DECODED = 32 * 2 ** 20
/** What is sent as text at most: more does not help a person. */
const MAX_TEXT = 8 * 2 ** 20

export interface PlainPayload {
  bytes: Uint8Array
  contentType: string | null
  expired: boolean
  /** Why it could not be decoded (then `bytes` is empty), else null. */
  problem: string | null
}

/** null: nothing of this kind was kept. */
export const plainPayload = async (
  db: ReadDb,
  { id, kind }: { id: string; kind: 'request' | 'response' },
): Promise<PlainPayload | null> => {
  const payload = await callPayload(db, { id, kind })
  if (payload === null) return null
  const { contentType, contentEncoding, expired } = payload
  return { ...inflateAll(payload.bytes, codings(contentEncoding), MAX_DECODED), contentType, expired }
}

export interface DecodedPayload extends PlainPayload {
  truncated: boolean
  /** Not text: sent as it is. */
  binary: boolean
}

/** Text as UTF-8, up to 8 MiB, cut between characters. */
export const decodedPayload = async (
  db: ReadDb,
  args: { id: string; kind: 'request' | 'response' },
): Promise<DecodedPayload | null> => {
  const plain = await plainPayload(db, args)
  if (plain === null) return null
  const text = toUtf8(plain)
  const whole = text ?? plain.bytes
  const bytes =
    whole.byteLength <= MAX_TEXT ? whole : whole.slice(0, text === null ? MAX_TEXT : characterEnd(whole, MAX_TEXT))
  return { ...plain, bytes, truncated: bytes.byteLength < whole.byteLength, binary: text === null }
}

/** null: this is no text. What the wire called UTF-8 stays as it came, broken sequences included. */
function toUtf8({ bytes, contentType }: PlainPayload): Uint8Array | null {
  const charset = /;\s*charset="?([\w-]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? 'utf-8'
  if (charset !== 'utf-8' && charset !== 'us-ascii') {
    try {
      return Buffer.from(new TextDecoder(charset).decode(bytes))
    } catch {
      return bytes
    }
  }
  return looksBinary(bytes, contentType) ? null : bytes
}

function looksBinary(bytes: Uint8Array, contentType: string | null): boolean {
  if (/^(audio|image|video|font)\//i.test(contentType ?? '')) return true
  return bytes.subarray(0, 4096).includes(0)
}

/** The last place at or before `at` where a UTF-8 character begins. */
function characterEnd(bytes: Uint8Array, at: number): number {
  let end = at
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return end
}
