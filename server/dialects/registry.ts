/** The list of dialects. A new one is its file, a line here and its fixtures in test/dialects. */
import type { Dialect, Operation } from './dialect.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { gemini } from './gemini.ts'
import { generic } from './generic.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiEmbeddings } from './openai-embeddings.ts'
import { openaiOther } from './openai-other.ts'
import { openaiResponses } from './openai-responses.ts'

/** In the order of asking: a path that two of them know belongs to the first. `generic` knows every path and stands last. */
export const dialects: readonly Dialect[] = [
  openaiChat,
  openaiResponses,
  openaiEmbeddings,
  anthropicMessages,
  gemini,
  openaiOther,
  generic,
]

/** The dialect that a journal entry or a row names; names that this version does not know are read raw. */
export const dialectByName = (name: string): Dialect => dialects.find((dialect) => dialect.name === name) ?? generic

export interface Recognised {
  dialect: Dialect
  operation: Operation
  /** From the path, where it stands there; percent-decoded. */
  model: string | null
}

/** What a request to `path` (with or without query) is, to a provider that serves these dialects in this order. */
export function recognise(dialects: readonly Dialect[], method: string, path: string): Recognised | null {
  const bare = path.split('?', 1)[0]!
  const verb = method.toUpperCase()
  for (const dialect of dialects) {
    for (const operation of dialect.operations) {
      if (!(operation.methods ?? ['POST']).includes(verb)) continue
      const match = operation.path.exec(bare)
      if (match) return { dialect, operation, model: operation.modelInPath ? decode(match[1] ?? '') : null }
    }
  }
  return null
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment) || null
  } catch {
    return segment || null
  }
}
