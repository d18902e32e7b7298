// The recorder decodes its own copy of compressed bodies. A stream that was cut must give what it holds, and a body that
// would blow up must be refused with a reason, whatever the coding.
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codings, inflateAll } from '../../server/recorder/inflate.ts'

const MAX = 1024 * 1024
const text = Buffer.from(
  Array.from({ length: 20_000 }, (_, i) => `data: {"i":${i},"x":${(i * 7919) % 1009}}\n\n`).join(''),
)

const codecs: [string, string, (bytes: Uint8Array) => Uint8Array][] = [
  ['gzip', 'gzip', gzipSync],
  ['x-gzip', 'x-gzip', gzipSync],
  ['deflate', 'deflate', deflateSync],
  ['deflate without zlib header', 'deflate', deflateRawSync],
  ['br', 'br', (bytes) => brotliCompressSync(bytes)],
  ['zstd', 'zstd', (bytes) => zstdCompressSync(bytes)],
]

describe.each(codecs)('%s', (_, coding, encode) => {
  const encoded = encode(text)

  test('a whole body comes back', () => {
    expect(inflateAll(encoded, [coding], MAX)).toEqual({ bytes: text, problem: null })
  })

  test('a body cut anywhere gives a true beginning', () => {
    for (const share of [0, 0.001, 0.3, 0.5, 0.9, 0.999]) {
      const { bytes, problem } = inflateAll(encoded.subarray(0, Math.floor(encoded.length * share)), [coding], MAX)
      expect(problem).toBeNull()
      expect(text.subarray(0, bytes.length).equals(bytes)).toBe(true)
    }
    expect(inflateAll(encoded.subarray(0, encoded.length - 1), [coding], MAX).bytes.length).toBeGreaterThan(
      text.length / 2,
    )
  })

  test('a body that grows beyond the limit is not read, and says so', () => {
    const { bytes, problem } = inflateAll(encode(Buffer.alloc(3 * MAX)), [coding], MAX)
    expect(bytes).toHaveLength(0)
    expect(problem).toMatch(/larger than 1 MiB when decompressed/)
  })
})

test('several codings are undone in reverse order', () => {
  const twice = brotliCompressSync(gzipSync(text))
  expect(codings('gzip, BR')).toEqual(['br', 'gzip'])
  expect(text.equals(inflateAll(twice, codings('gzip, BR'), MAX).bytes)).toBe(true)
  expect(codings('identity')).toEqual([])
  expect(codings(null)).toEqual([])
})

test('what is not what it says, or not known, has a reason and no bytes', () => {
  expect(inflateAll(Buffer.from('{"plain":1}'), ['gzip'], MAX)).toMatchObject({
    problem: expect.stringMatching(/not valid gzip/),
  })
  expect(inflateAll(text, ['dcz'], MAX)).toMatchObject({ problem: expect.stringMatching(/"dcz" is not known/) })
})
