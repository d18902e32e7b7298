/**
 * Refuses to run where bodies would be stored wrongly: Node before 24.6 takes zstd's `dictionary` option and ignores it without
 * an error, so a delta would be written that no dictionary is part of. Asked by doing, not by version number.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Why this runtime cannot be used; null: it can. About 1 ms. */
export const runtimeProblem = (): string | null => {
  const upgrade = `Weir needs Node 24.6 or newer, this is ${process.versions.node}: install it from https://nodejs.org, or use the container image.`
  if (typeof zstdCompressSync !== 'function') return upgrade
  const dictionary = Buffer.from(
    Array.from({ length: 64 }, (_, index) => `line ${index * 7919} of the key frame`).join('\n'),
  )
  try {
    const delta = zstdCompressSync(dictionary, { dictionary })
    const isUsed = delta.length < zstdCompressSync(dictionary).length / 2
    return isUsed && zstdDecompressSync(delta, { dictionary }).equals(dictionary) ? null : upgrade
  } catch {
    return upgrade
  }
}
