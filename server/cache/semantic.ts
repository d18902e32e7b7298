/**
 * Questions that are alike: which answers of the cache could also be given where only the words of the last message differ. A bucket
 * holds the questions that are the same in everything else; within it every embedding is compared (measured: 10,000 of 1,536
 * numbers take 22 ms, in slices of less than 1 ms between which streams go on).
 */
import { setImmediate as turn } from 'node:timers/promises'
import { type Breaker, createBreaker } from '../policy/breaker.ts'
import { createLru } from './lru.ts'

export interface Alike {
  bucket: string
  /** What was asked; null once `vector` is there. */
  text: string | null
  /** Of length 1. */
  vector: Float32Array | null
}

export interface Question extends Alike {
  /** Of the answer in the exact cache. */
  key: string
  /** The text may be written to the disk, and its embedding. */
  onDisk: boolean
}

export interface Semantic {
  /** Whether there is anything to compare with. */
  has(bucket: string): boolean
  /** Questions that nobody has needed the embedding of, newest first: a bucket's first costs nothing until a second comes. */
  unread(bucket: string, most: number): Question[]
  nearest(bucket: string, vector: Float32Array): Promise<{ key: string; similarity: number } | null>
  /** In place of an older question with the same answer. */
  add(question: Question): void
  remove(key: string): void
  countHit(): void
  stats(): { entries: number; hits: number }
  clear(): void
  /** Of the target that makes the embeddings. */
  breaker: Breaker
}

const SLICE = 400

export function createSemantic(maxEntries: () => number): Semantic {
  const buckets = createLru<Question[]>(() => Number.POSITIVE_INFINITY)
  const drop = (_: string, question: Question) => {
    const others = (buckets.peek(question.bucket) ?? []).filter((each) => each !== question)
    if (others.length === 0) buckets.delete(question.bucket)
    else buckets.set(question.bucket, others, 1)
  }
  const byKey = createLru<Question>(maxEntries, drop)
  let hits = 0
  const remove = (key: string) => {
    const question = byKey.delete(key)
    if (question) drop(key, question)
  }

  return {
    has: (bucket) => buckets.peek(bucket) !== null,
    unread: (bucket, most) =>
      (buckets.peek(bucket) ?? [])
        .filter(({ vector }) => vector === null)
        .slice(-most)
        .reverse(),
    async nearest(bucket, vector) {
      // A change of the bucket makes a new list, so this one stays as it is meanwhile.
      const questions = buckets.peek(bucket) ?? []
      let best: { key: string; similarity: number } | null = null
      for (let i = 0; i < questions.length; i++) {
        if (i > 0 && i % SLICE === 0) await turn()
        const other = questions[i]!
        if (other.vector?.length !== vector.length) continue
        const similarity = dot(other.vector, vector)
        if (best === null || similarity > best.similarity) best = { key: other.key, similarity }
      }
      // Used: it stays longer than others.
      if (best) byKey.get(best.key)
      return best
    },
    add(question) {
      remove(question.key)
      buckets.set(question.bucket, [...(buckets.peek(question.bucket) ?? []), question], 1)
      byKey.set(question.key, question, 1)
    },
    remove,
    countHit: () => void hits++,
    stats: () => ({ entries: byKey.size(), hits }),
    clear() {
      byKey.clear()
      buckets.clear()
    },
    breaker: createBreaker(),
  }
}

/** Of vectors of length 1: their cosine. Four sums at once, which the processor can add side by side. */
function dot(a: Float32Array, b: Float32Array): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  const rest = a.length - (a.length % 4)
  for (let i = 0; i < rest; i += 4) {
    s0 += a[i]! * b[i]!
    s1 += a[i + 1]! * b[i + 1]!
    s2 += a[i + 2]! * b[i + 2]!
    s3 += a[i + 3]! * b[i + 3]!
  }
  for (let i = rest; i < a.length; i++) s0 += a[i]! * b[i]!
  return s0 + s1 + s2 + s3
}

/** null: no vector at all. */
export function toUnit(numbers: ArrayLike<number>): Float32Array | null {
  let squares = 0
  for (let i = 0; i < numbers.length; i++) squares += numbers[i]! ** 2
  if (!Number.isFinite(squares) || squares === 0) return null
  const length = Math.sqrt(squares)
  return Float32Array.from(numbers, (value) => value / length)
}
