/**
 * After an exact miss: was the same asked in other words? Only the text of the last user message may differ; who asks, the model, the
 * system prompt, tools, settings and every message before it are equal byte for byte, and so are the numbers in it. Off by default.
 */
import type { Entry } from '../cache/entry.ts'
import { bucketOf, type Question } from '../cache/key.ts'
import type { Alike, Question as KnownQuestion } from '../cache/semantic.ts'
import { lastUserText, numbersIn } from '../cache/semantic-text.ts'
import type { SemanticConfig } from '../config/cache.ts'
import { embed } from './embed.ts'
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'
import type { TopLevel } from './scan.ts'

export interface Found {
  entry: Entry
  similarity: number
}

/** Questions of a bucket whose embeddings are asked for together with the new one's: a bucket's first is only then worth it. */
const CATCH_UP = 7

/** Where this question would stand; null: it cannot be compared with others. */
export function toAlike(
  call: LiveCall,
  question: Question,
  top: TopLevel | null,
  settings: SemanticConfig,
): Alike | null {
  // Embeddings are paid for by Weir's own credential, which is for calls with a Weir key.
  if (!call.caller.trusted || top === null || call.operation!.name === 'embeddings') return null
  const { body } = question
  const asked = lastUserText(body, top)
  if (!asked) return null
  const about = [settings.target, String(settings.dimensions ?? ''), ...numbersIn(asked.text)]
  const bucket = bucketOf(question, about, [body.subarray(0, asked.start), body.subarray(asked.end)])
  return { bucket, text: asked.text, vector: null }
}

/** The nearest answer; else why there is none, in words, or null where nothing was there to compare with. */
export async function findAlike(
  call: LiveCall,
  { alike, onDisk, maxAgeMs }: { alike: Alike; onDisk: boolean; maxAgeMs: number | null },
  gateway: Gateway,
): Promise<Found | string | null> {
  const { semantic } = gateway.cache
  const settings = call.rules.config.cache.semantic!
  if (!semantic.has(alike.bucket)) return null
  const unread = semantic.unread(alike.bucket, CATCH_UP)
  const vectors = await embed(
    call,
    {
      texts: [alike.text!, ...unread.map(({ text }) => text!)],
      settings,
      // Texts of calls that may not touch the disk do not come there by this way either.
      capture: onDisk && unread.every((each) => each.onDisk) ? 'full' : 'metadata',
    },
    gateway,
  )
  if (typeof vectors === 'string') return `semantic: ${vectors}`
  unread.forEach((question, i) => read(question, vectors[i + 1]!))
  const vector = (alike.vector = vectors[0]!)
  for (;;) {
    const best = await semantic.nearest(alike.bucket, vector)
    if (!best) return null
    if (best.similarity < settings.threshold)
      return `semantic: the nearest is ${best.similarity.toFixed(3)} alike, less than ${settings.threshold}`
    const entry = await gateway.cache.find(best.key, maxAgeMs)
    if (entry) return { entry, similarity: best.similarity }
    if (maxAgeMs !== null) return 'semantic: the answer of the nearest is gone, or older than this call allows'
    semantic.remove(best.key)
  }
}

function read(question: KnownQuestion, vector: Float32Array): void {
  question.vector = vector
  question.text = null
}
