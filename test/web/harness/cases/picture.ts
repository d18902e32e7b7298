/** A small picture (a PNG of 96 × 60 with a gradient), made here so that no binary file has to be kept. */
import { crc32, deflateSync } from 'node:zlib'

const WIDTH = 96
const HEIGHT = 60

const chunk = (type: string, data: Buffer) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(8 + body.length)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body) >>> 0, 4 + body.length)
  return out
}
const header = Buffer.alloc(13)
header.writeUInt32BE(WIDTH, 0)
header.writeUInt32BE(HEIGHT, 4)
header.set([8, 2, 0, 0, 0], 8)
const rows = Buffer.concat(
  Array.from({ length: HEIGHT }, (_, y) =>
    Buffer.from([0, ...Array.from({ length: WIDTH }, (_, x) => [40 + x, 110 + y, 130]).flat()]),
  ),
)

export const PICTURE = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  chunk('IHDR', header),
  chunk('IDAT', deflateSync(rows)),
  chunk('IEND', Buffer.alloc(0)),
]).toString('base64')
