/**
 * A body against its session's key frame: zstd with the key frame's bytes as dictionary. Agents resend their whole history each turn,
 * so nearly all of it is one long match.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Level 1, as for bodies that stand alone. */
const LEVEL = 1
/** A dictionary that begins so would be read as a trained one. https://github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md#dictionary-format */
const TRAINED = 0xec30a437
const LEAST = 1024
/** A larger key frame costs more time to look through than its deltas save. */
export const MOST = 2 * 1024 * 1024

export const canBeKey = (bytes: Buffer): boolean =>
  bytes.byteLength >= LEAST && bytes.byteLength <= MOST && bytes.readUInt32LE(0) !== TRAINED

/**
 * At level 1 zstd remembers 16,384 places of a dictionary: of 100 kB it would find the last half only (6,600 bytes instead of 150
 * for a turn of 1 kB, measured). So the table grows with the dictionary, and the window reaches over all of it.
 */
const paramsFor = (dictionary: number, body: number) => ({
  [constants.ZSTD_c_compressionLevel]: LEVEL,
  [constants.ZSTD_c_hashLog]: clamp(log2(dictionary) + 1, 14, 19),
  [constants.ZSTD_c_windowLog]: clamp(log2(dictionary + body), 19, 23),
  // Against a wrong dictionary a frame must fail, not answer wrong bytes.
  [constants.ZSTD_c_checksumFlag]: 1,
})

export const toDelta = (bytes: Buffer, dictionary: Buffer): Buffer =>
  zstdCompressSync(bytes, {
    params: paramsFor(dictionary.byteLength, bytes.byteLength),
    dictionary,
    // Memory for the output, which is small.
    chunkSize: clamp(bytes.byteLength >> 3, 1024, 32 * 1024),
  })

export const fromDelta = (delta: Buffer, dictionary: Buffer): Buffer => zstdDecompressSync(delta, { dictionary })

/** Node before 24.6 takes `dictionary` and ignores it without an error: then no deltas are made. */
export const knowsDictionaries = (): boolean => {
  const key = Buffer.from(Array.from({ length: 400 }, (_, i) => `${(i * 2_654_435_761) % 4_294_967_296} `).join(''))
  try {
    const delta = toDelta(key, key)
    return delta.byteLength < key.byteLength / 10 && fromDelta(delta, key).equals(key)
  } catch {
    return false
  }
}

const log2 = (value: number): number => Math.ceil(Math.log2(Math.max(2, value)))
const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
