/** The answer of generateContent, whole, as SSE or as one JSON array of chunks: every chunk has the shape of a whole answer. */
import type { Bucket, Usage } from '../call.ts'
import type { Message } from './dialect.ts'
import { readGeminiParts } from './gemini-parts.ts'
import { toError } from './read/error.ts'
import { emptyAnswer, type Fold } from './read/fold.ts'
import { asCount, asList, asName, asObject, asObjects, isObject, kept, type Json } from './read/json.ts'
import { cite, raw } from './read/parts.ts'
import { splitTotal } from './read/usage.ts'

/** Operations whose `usageMetadata` was paid for by this call. */
const BILLED = new Set(['chat', 'embeddings', 'predict'])

export function createGeminiFold({ operation }: { operation: string }): Fold {
  const answer = emptyAnswer()
  const messages = new Map<number, Message>()
  let searches = 0
  let usage: Json | null = null
  let streamed = false
  let closed = false

  const readCandidate = (candidate: Json, position: number) => {
    const index = asCount(candidate.index) ?? position
    const content = asObject(candidate.content)
    const message = messages.get(index) ?? { role: 'model', parts: [] }
    messages.set(index, message)
    message.role = asName(content.role) ?? message.role
    readGeminiParts(content.parts, message.parts)
    const grounding = asObject(candidate.groundingMetadata)
    cite(message.parts, asObjects(grounding.groundingChunks))
    cite(message.parts, asObjects(asObject(candidate.citationMetadata).citationSources))
    searches = Math.max(searches, asList(grounding.webSearchQueries).filter((query) => query !== '').length)
    if (index === 0 || answer.finishReason === null)
      answer.finishReason = asName(candidate.finishReason) ?? answer.finishReason
  }

  const read = (chunk: Json) => {
    answer.id = asName(chunk.responseId) ?? answer.id
    answer.model = asName(chunk.modelVersion) ?? answer.model
    answer.error ??= toError(chunk)
    for (const [position, candidate] of asObjects(chunk.candidates).entries()) readCandidate(candidate, position)
    const blocked = asName(asObject(chunk.promptFeedback).blockReason)
    if (blocked !== null) answer.finishReason ??= blocked
    if (isObject(chunk.usageMetadata)) usage = chunk.usageMetadata
  }

  const readOther = (body: Json) => {
    const vectors = isObject(body.embedding) ? [body.embedding] : asObjects(body.embeddings)
    if (vectors.length > 0) {
      const dimensions = asList(vectors[0]!.values).length
      messages.set(0, { role: 'model', parts: [raw('embeddings', { count: vectors.length, dimensions })] })
    } else if (!answer.error && !Array.isArray(body.candidates) && !isObject(body.promptFeedback)) {
      messages.set(0, { role: 'response', parts: [raw(operation, body)] })
      answer.id ??= asName(body.name)
    }
  }

  return {
    answer,
    event(chunk) {
      streamed = true
      read(chunk)
    },
    whole(value) {
      answer.complete = true
      // Errors of a stream without `alt=sse` come as an array of one.
      for (const chunk of Array.isArray(value) ? asObjects(value) : [asObject(value)]) {
        read(chunk)
        readOther(chunk)
      }
    },
    done: () => void (closed = true),
    end() {
      // There is no end mark in SSE; the last chunk has a finish reason.
      if (streamed) answer.complete = (answer.finishReason !== null || closed) && answer.error === null
      answer.messages = [...messages.entries()].sort(([a], [b]) => a - b).map(([, message]) => message)
      if (!usage) return
      answer.usageRaw = kept(usage)
      answer.serviceTier = asName(usage.serviceTier) ?? asName(usage.trafficType)
      answer.usage = BILLED.has(operation) ? toUsage(usage, searches, answer.complete) : null
      if (answer.usage) answer.usageSource = answer.complete ? 'provider' : 'partial'
    },
    contentSeen: () => messages.values().some((message) => message.parts.some((part) => part.type !== 'raw')),
  }
}

/**
 * `promptTokenCount` counts cached content; what tools brought (`toolUsePromptTokenCount`) stands beside it and is input, too.
 * `thoughtsTokenCount` stands beside `candidatesTokenCount`. Modalities split each of them.
 */
function toUsage(usage: Json, webSearches: number, complete: boolean): Usage | null {
  const prompt = asCount(usage.promptTokenCount)
  // Google's JSON leaves out a zero: a refused prompt has no candidates, and its answer costs nothing.
  const candidates =
    asCount(usage.candidatesTokenCount) ??
    (complete && prompt !== null && asCount(usage.totalTokenCount) === prompt ? 0 : null)
  const thoughts = asCount(usage.thoughtsTokenCount)
  if (prompt === null && candidates === null && thoughts === null) return null
  const said = byModality(usage.candidatesTokensDetails)
  return {
    ...(prompt === null ? {} : toInput(usage, prompt)),
    ...(candidates === null
      ? {}
      : splitTotal(candidates, 'output', [
          ['audioOutput', said.AUDIO ?? null],
          ['imageOutput', said.IMAGE ?? null],
        ])),
    ...(thoughts === null ? {} : { reasoning: thoughts }),
    ...(webSearches > 0 ? { webSearches } : {}),
  }
}

function toInput(usage: Json, prompt: number): Usage {
  const asked = byModality(usage.promptTokensDetails ?? usage.promptTokenDetails)
  const cached = byModality(usage.cacheTokensDetails)
  const inCache = asCount(usage.cachedContentTokenCount)
  const fresh = (modality: string) =>
    asked[modality] === undefined ? null : Math.max(0, asked[modality] - (cached[modality] ?? 0))
  const parts: [Bucket, number | null][] = [
    ['audioCacheRead', cached.AUDIO ?? null],
    ['cacheRead', inCache === null ? null : Math.max(0, inCache - (cached.AUDIO ?? 0))],
    ['audioInput', fresh('AUDIO')],
    ['imageInput', fresh('IMAGE')],
    ['videoInput', fresh('VIDEO')],
  ]
  const tools = asCount(usage.toolUsePromptTokenCount) ?? 0
  const split = splitTotal(prompt, 'input', parts)
  return { ...split, input: (split.input ?? 0) + tools }
}

function byModality(details: unknown): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const detail of asObjects(details)) {
    const modality = asName(detail.modality)
    const count = asCount(detail.tokenCount)
    if (modality !== null && count !== null) counts[modality] = (counts[modality] ?? 0) + count
  }
  return counts
}
