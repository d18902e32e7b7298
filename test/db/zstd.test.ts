// One compression context for all bodies: each frame must stand by itself, whatever was compressed before it.
import { randomBytes } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createCompress } from '../../db/zstd.ts'
import { createPacker, unpack } from '../../db/pack.ts'
import type { PayloadInput } from '../../db/store.ts'
import { seeded, upTo } from '../support/random.ts'

const SIZES = [0, 1, 7, 255, 256, 2000, 32 * 1024, 131_073, 262_144, 262_145, 1_000_000]

test('frames of any size, compressible or not, come back equal, in any order', () => {
  const compress = createCompress(1)
  const random = seeded(3)
  for (let round = 0; round < 4; round++) {
    const bodies = SIZES.flatMap((size) => [randomBytes(size), Buffer.alloc(size, 'the same again; ')])
    const frames = bodies
      .map((body) => ({ body, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ body }) => ({ body, frame: compress(body) }))
    for (const { body, frame } of frames) expect(zstdDecompressSync(frame).equals(body)).toBe(true)
    expect(compress(Buffer.alloc(100_000, 'the same again; ')).length).toBeLessThan(1000)
  }
})

test('what is packed for one call does not change when the next is packed', () => {
  const packer = createPacker()
  const random = seeded(5)
  const calls = Array.from({ length: 200 }, (_, pk) => {
    const kinds = ['requestHeaders', 'responseHeaders', 'timing', 'request', 'response'] as const
    const payloads = kinds.map((kind): PayloadInput => {
      const size = upTo(random, random() < 0.1 ? 200_000 : 900)
      const bytes = random() < 0.5 ? randomBytes(size) : Buffer.from('{"role":"user"} '.repeat(size / 16 + 1))
      return { kind, bytes, contentType: null, contentEncoding: null }
    })
    const text = 'naïve 東京 '.repeat(upTo(random, 3000))
    return { payloads, text, row: packer.pack(pk, payloads, text)! }
  })
  for (const { payloads, text, row } of calls) {
    for (const { kind, bytes } of payloads) expect(Buffer.compare(unpack(row, kind)!, bytes)).toBe(0)
    expect(Buffer.from(unpack(row, 'searchText') ?? []).toString()).toBe(text)
  }
})
