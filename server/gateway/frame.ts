/** Frames of Weir's own: events to a client, and messages of a client's that must be framed anew. RFC 6455 §5.2 */
import { randomBytes } from 'node:crypto'

export const TEXT = 0x81
export const BINARY = 0x82
export const CLOSE = 0x88

/** As a server sends it. `head`: FIN and opcode. */
export const frame = (head: number, payload: Buffer): Buffer =>
  Buffer.concat([headOf(head, payload.length, 0), payload])

/** As a client sends it: masked (§5.3). */
export function maskedFrame(head: number, payload: Buffer): Buffer {
  const mask = randomBytes(4)
  const masked = Buffer.from(payload)
  for (let i = 0; i < masked.length; i++) masked[i] = masked[i]! ^ mask[i & 3]!
  return Buffer.concat([headOf(head, payload.length, 0x80), mask, masked])
}

function headOf(head: number, length: number, mask: number): Buffer {
  if (length < 126) return Buffer.from([head, mask | length])
  const bytes = Buffer.alloc(length < 65_536 ? 4 : 10)
  bytes[0] = head
  bytes[1] = mask | (length < 65_536 ? 126 : 127)
  if (length < 65_536) bytes.writeUInt16BE(length, 2)
  else bytes.writeBigUInt64BE(BigInt(length), 2)
  return bytes
}
