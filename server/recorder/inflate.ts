/**
 * Decompression of the recorder's copy. Synchronous on purpose: asynchronous zlib would run on pool threads that inherit the
 * recorder's niceness and then slow the journal. Flushing instead of finishing makes a cut stream give what it holds.
 */
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'

/** What came out; `problem` says why it is not all, else null. */
export interface Inflated {
  bytes: Uint8Array
  problem: string | null
}

type Decode = (bytes: Uint8Array, maxOutputLength: number) => Buffer

const flushed = (maxOutputLength: number) => ({ finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength })

const gunzip: Decode = (bytes, max) => gunzipSync(bytes, flushed(max))

/** RFC 9110 §8.4.1.2 means zlib's format, but some servers send the bare stream: zlib's first byte has 8 in its low half. */
const inflate: Decode = (bytes, max) =>
  ((bytes[0] ?? 8) & 0x0f) === 8 ? inflateSync(bytes, flushed(max)) : inflateRawSync(bytes, flushed(max))

const DECODERS: Record<string, Decode> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br: (bytes, maxOutputLength) =>
    brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength }),
  zstd: (bytes, maxOutputLength) => zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush, maxOutputLength }),
}

/** The codings of a `content-encoding` header in the order in which they must be undone; empty: not encoded. */
export const codings = (contentEncoding: string | null): string[] =>
  (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .reverse()

/** Undoes `order` (see `codings`) up to `maxOutput` bytes. Never throws. */
export const inflateAll = (bytes: Uint8Array, order: readonly string[], maxOutput: number): Inflated => {
  let out = bytes
  for (const coding of order) {
    const decode = DECODERS[coding]
    if (!decode) return { bytes: new Uint8Array(0), problem: `content-encoding "${coding}" is not known here` }
    if (out.length === 0) break
    try {
      out = decode(out, maxOutput)
    } catch (error) {
      return { bytes: new Uint8Array(0), problem: explain(coding, error, maxOutput) }
    }
  }
  return { bytes: out, problem: null }
}

function explain(coding: string, error: unknown, maxOutput: number): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ERR_BUFFER_TOO_LARGE'
    ? `the ${coding} body is larger than ${Math.round(maxOutput / 1_048_576)} MiB when decompressed: not read`
    : `the body is not valid ${coding}: ${message}`
}
