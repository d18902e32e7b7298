/**
 * Compression with one context that is kept. `zlib.zstdCompressSync` makes and throws away a context of a megabyte each time:
 * 30 µs and a good deal of garbage for a call of 2 kB, where the compression itself takes 9. Node has no public way to keep one
 * for synchronous use, so this goes by the stream's own handle (as npm's minizlib does). It is trusted only after it has shown
 * that it does what the public functions undo; where it does not, the public function is used: slower, never wrong.
 */
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

export type Compress = (bytes: Buffer) => Buffer

interface Handle {
  /** Takes all of `input`, ends the frame; how much room and input were left stands in `left`. */
  writeSync(flush: number, input: Buffer, at: number, size: number, out: Buffer, outAt: number, outSize: number): void
}

/** Larger ones are not many, and a context made for them need not stay. */
const KEPT_MAX = 1024 * 1024
/**
 * Level 1 remembers 2^14 places: too few to find the text of a search in the 100 kB before it. No slower (measured at 15 to 18),
 * and zstd takes less where the body is small.
 */
const HASH_LOG = 16
/** https://github.com/facebook/zstd/blob/dev/lib/zstd.h, ZSTD_compressBound: what does not compress grows by less than this. */
const OUT_MAX = KEPT_MAX + (KEPT_MAX >> 8) + 1024

export const createCompress = (level: number): Compress => {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_hashLog]: HASH_LOG }
  const plain: Compress = (bytes) =>
    zstdCompressSync(bytes, { params, chunkSize: Math.min(Math.max(bytes.byteLength, 64), 64 * 1024) })
  let kept = proven(keepContext(params))
  return (bytes) => {
    const frame = kept && bytes.byteLength <= KEPT_MAX ? kept(bytes) : plain(bytes)
    if (frame) return frame
    kept = null
    return plain(bytes)
  }
}

type Attempt = (bytes: Buffer) => Buffer | null

/** null where the stream looks otherwise than it does today. */
function keepContext(params: Record<number, number>): Attempt | null {
  const stream = createZstdCompress({ params })
  const { _handle: handle, _writeState: left } = stream as unknown as { _handle?: Handle; _writeState?: Uint32Array }
  if (typeof handle?.writeSync !== 'function' || left?.length !== 2) return null
  let failed = false
  stream.on('error', () => (failed = true))
  const out = Buffer.allocUnsafeSlow(OUT_MAX)
  return (bytes) => {
    handle.writeSync(constants.ZSTD_e_end, bytes, 0, bytes.byteLength, out, 0, OUT_MAX)
    const [room, input] = left as unknown as [number, number]
    if (failed || stream.errored || room === 0 || input !== 0) return null
    return Buffer.from(out.subarray(0, OUT_MAX - room))
  }
}

/** Two frames from one context, each whole by itself. */
function proven(attempt: Attempt | null): Attempt | null {
  const samples = ['first', 'second '.repeat(100)].map((text) => Buffer.from(text))
  try {
    const holds = samples.every((sample) => {
      const frame = attempt?.(sample)
      return frame && zstdDecompressSync(frame).equals(sample)
    })
    return holds ? attempt : null
  } catch {
    return null
  }
}
