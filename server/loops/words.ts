/**
 * What a text is about, in at most 128 numbers: hashes of its different words, of a long text the smallest ones (so that two
 * texts are sampled alike). Order does not count, so a paraphrase that only moves words is the same.
 */

const MOST = 128
/** Characters of the beginning and of the end that are looked at. */
const REACH = 2048

export const NO_WORDS = new Uint32Array(0)

export function wordsOf(texts: readonly string[]): Uint32Array {
  const all: number[] = []
  let room = 2 * REACH
  for (const text of texts) {
    if (room <= 0) break
    const whole = text.length <= room
    takeWords(all, text, 0, whole ? text.length : room >> 1)
    if (!whole) takeWords(all, text, text.length - (room >> 1), text.length)
    room -= text.length
  }
  return sampled(all)
}

/** The words of all of them: what stands in a sample of the whole stands in one of the parts' samples. */
export const union = (parts: readonly Uint32Array[]): Uint32Array => sampled(parts.flatMap((part) => [...part]))

function sampled(hashes: number[]): Uint32Array {
  if (hashes.length === 0) return NO_WORDS
  const sorted = Uint32Array.from(hashes).sort()
  let length = 0
  for (let i = 0; i < sorted.length && length < MOST; i++)
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[length++] = sorted[i]!
  return sorted.slice(0, length)
}

/** FNV-1a over letters and digits, case folded for ASCII; all else parts words. */
function takeWords(into: number[], text: string, from: number, to: number): void {
  let hash = 0x811c9dc5
  let length = 0
  for (let i = from; i < to; i++) {
    let code = text.charCodeAt(i)
    if (code >= 65 && code <= 90) code += 32
    if ((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127) {
      hash = Math.imul(hash ^ code, 0x01000193)
      length++
    } else if (length > 0) {
      into.push(spread(hash))
      hash = 0x811c9dc5
      length = 0
    }
  }
  if (length > 0) into.push(spread(hash))
}

/** Short words have FNV hashes that lie near each other; the sample must not prefer them. 30 bits: V8 keeps these without a heap number. */
const spread = (hash: number): number => {
  const a = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b)
  return (a ^ (a >>> 15)) >>> 2
}

/** 0 to 1: twice the common words by the words of both. */
export function alike(a: Uint32Array, b: Uint32Array): number {
  if (a.length === 0 || b.length === 0) return 0
  // Where one is a sample, only hashes that both would have kept can be compared.
  const top = Math.min(a.length < MOST ? 0xffffffff : a[MOST - 1]!, b.length < MOST ? 0xffffffff : b[MOST - 1]!)
  let i = 0
  let j = 0
  let common = 0
  let total = 0
  while ((i < a.length && a[i]! <= top) || (j < b.length && b[j]! <= top)) {
    const x = i < a.length ? a[i]! : Infinity
    const y = j < b.length ? b[j]! : Infinity
    if (x === y) common++
    total += x === y ? 2 : 1
    if (x <= y) i++
    if (y <= x) j++
  }
  return (2 * common) / total
}

/** The share of `words` that is in none of `before`; 1 where there is nothing to compare. */
export function freshShare(words: Uint32Array, before: readonly Uint32Array[]): number {
  if (words.length === 0) return 0
  const seen = new Uint8Array(words.length)
  for (const other of before) {
    for (let i = 0, j = 0; i < words.length && j < other.length;) {
      if (words[i]! < other[j]!) i++
      else if (words[i]! > other[j]!) j++
      else {
        seen[i++] = 1
        j++
      }
    }
  }
  let fresh = 0
  for (const one of seen) if (one === 0) fresh++
  return fresh / words.length
}
