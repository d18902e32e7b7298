/** What the arrival times of a stream's pieces say: pace, gaps, stalls. */
import type { StreamTimeline } from '../loader.ts'

/** A pause that a reader notices: the answer seems to hang. */
export const STALL_MS = 1000

export interface Gap {
  fromMs: number
  toMs: number
}
export interface StreamFacts {
  pieces: number
  bytes: number
  firstMs: number
  lastMs: number
  /** Pauses above `STALL_MS` between two pieces, longest first. */
  stalls: Gap[]
  medianGapMs: number | null
  /** Bytes that had arrived by each moment, for the curve. */
  curve: { atMs: number; bytes: number }[]
}

export const toStreamFacts = ({ pieces }: StreamTimeline): StreamFacts | null => {
  if (!pieces.length) return null
  const gaps = pieces.slice(1).map((piece, i) => ({ fromMs: pieces[i]!.atMs, toMs: piece.atMs }))
  const lengths = gaps.map((g) => g.toMs - g.fromMs).sort((a, b) => a - b)
  let bytes = 0
  const curve = pieces.map((piece) => ({ atMs: piece.atMs, bytes: (bytes += piece.bytes) }))
  return {
    pieces: pieces.length,
    bytes,
    firstMs: pieces[0]!.atMs,
    lastMs: pieces.at(-1)!.atMs,
    stalls: gaps.filter((g) => g.toMs - g.fromMs > STALL_MS).sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs)),
    medianGapMs: lengths.length ? lengths[lengths.length >> 1]! : null,
    curve,
  }
}

/** Bytes per column of a chart `columns` wide, over 0 … endMs: ten thousand pieces become at most that many bars. */
export const toColumns = ({ pieces }: StreamTimeline, columns: number, endMs: number): number[] => {
  const sums = Array.from({ length: Math.max(columns, 1) }, () => 0)
  for (const { atMs, bytes } of pieces) {
    const column = Math.min(Math.floor((atMs / Math.max(endMs, 1)) * sums.length), sums.length - 1)
    sums[column]! += bytes
  }
  return sums
}
