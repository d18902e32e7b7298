/** Reads embeddings as OpenAI answers: floats, or base64 of them where a server prefers that. */
import { WeirError } from '../errors.ts'
import { toUnit } from './semantic.ts'

/** One for each of the texts, in their order, of length 1. @throws WeirError */
export function readEmbeddings(
  answer: Buffer,
  count: number,
  { name, status }: { name: string; status: number | null },
): Float32Array[] {
  if (status === null || status < 200 || status > 299)
    throw new WeirError('upstream_failed', `${name} answered ${status} to a request for an embedding.`)
  const vectors: (Float32Array | null)[] = Array.from({ length: count }, () => null)
  const data = (parse(answer) as { data?: unknown } | null)?.data
  for (const [i, each] of (Array.isArray(data) ? data : []).entries()) {
    const { embedding, index = i } = (each ?? {}) as { embedding?: unknown; index?: number }
    if (index in vectors) vectors[index] = toVector(embedding)
  }
  if (vectors.some((vector) => vector === null)) throw unusable(name, 'holds no embedding for each text')
  return vectors as Float32Array[]
}

function toVector(embedding: unknown): Float32Array | null {
  if (typeof embedding === 'string') {
    const bytes = Buffer.from(embedding, 'base64')
    return toUnit(Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readFloatLE(i * 4)))
  }
  return Array.isArray(embedding) && embedding.every((value) => typeof value === 'number') ? toUnit(embedding) : null
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return null
  }
}

export const unusable = (name: string, what: string): WeirError =>
  new WeirError('upstream_invalid', `The answer of ${name} ${what}.`)
