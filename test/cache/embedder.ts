/** A far side that makes embeddings of words: texts that share most of their words are alike. Counts what it was asked for. */
import type { FakeProvider, SeenRequest } from '../support/provider.ts'
import { json, startProvider } from '../support/provider.ts'

const DIMENSIONS = 512

export const startEmbedder = (): Promise<FakeProvider> => startProvider(embeddings)

export function embeddings(
  request: SeenRequest,
  response: Parameters<ReturnType<typeof json>>[1],
  incoming: any,
): void {
  const { input, model } = request.json as { input: string[]; model: string }
  const data = input.map((text, index) => ({ object: 'embedding', index, embedding: toVector(text) }))
  const usage = { prompt_tokens: 8 * input.length, total_tokens: 8 * input.length }
  // Out of order, as nobody promises otherwise.
  json({ object: 'list', data: data.reverse(), model, usage })(request, response, incoming)
}

function toVector(text: string): number[] {
  const vector = Array.from({ length: DIMENSIONS }, () => 0)
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    let hash = 7
    for (const letter of word) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) >>> 0
    vector[hash % DIMENSIONS]! += 3
  }
  return vector
}
