/** Randomness that can be repeated: a failing case is found again by its seed. */

/** mulberry32: numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const upTo = (random: () => number, limit: number): number => Math.floor(random() * limit)

/** The bytes in pieces of random size, some of one byte. */
export function cut(bytes: Buffer, random: () => number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const size = 1 + upTo(random, random() < 0.3 ? 3 : 2000)
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}
