/** Embeddings as OpenAI's SDKs ask for them: little-endian floats in base64. https://platform.openai.com/docs/api-reference/embeddings */
import { createRandom } from '../random.ts'
import { type Json, meter } from '../turn.ts'
import { openaiError, openaiHeaders } from './openai-common.ts'
import type { Wire } from './wire.ts'

const DIMENSIONS = 256

export const embeddings: Wire = {
  path: () => '/v1/embeddings',
  request: (turn): Json => ({
    model: turn.model,
    input: turn.inputs,
    dimensions: DIMENSIONS,
    encoding_format: 'base64',
    ...turn.settings,
  }),
  whole: (turn) => ({
    object: 'list',
    data: turn.inputs.map((text, index) => ({ object: 'embedding', index, embedding: toVector(text) })),
    model: turn.model,
    usage: { prompt_tokens: meter(turn).prompt, total_tokens: meter(turn).prompt },
  }),
  events: () => [],
  error: openaiError,
  headers: openaiHeaders,
}

/** The same text has the same vector. */
function toVector(text: string): string {
  let seed = text.length
  for (const character of text) seed = (Math.imul(seed, 31) + character.codePointAt(0)!) | 0
  const random = createRandom(seed)
  const vector = Float32Array.from({ length: DIMENSIONS }, () => (random.next() - 0.5) / 8)
  return Buffer.from(vector.buffer).toString('base64')
}
