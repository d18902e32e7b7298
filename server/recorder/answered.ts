/** What the cache must know of an answer that it may keep: only the recorder has read it. */
import type { RecordedCall } from '../../db/store.ts'
import { inputTokens, outputTokens } from '../../db/facts.ts'
import type { Call } from '../call.ts'

export interface Answered extends Pick<Call, 'finishReason' | 'operation' | 'durationMs' | 'costNano'> {
  /** It asks for tools to be used: what then happens is up to the words of its own question. */
  acts: boolean
  /** The dialect's terminal event was there, or the body parsed whole. */
  complete: boolean
  /** null: unknown. */
  tokens: number | null
}

/** null: the cache does not wait for this call. */
export function toAnswered({ call, complete = false }: RecordedCall): Answered | null {
  if (call.cache !== 'miss' && call.cache !== 'refresh') return null
  const { finishReason, operation, durationMs, costNano, usage } = call
  return {
    complete,
    finishReason,
    operation,
    durationMs,
    costNano,
    acts: call.toolCalls.length > 0,
    tokens: usage && inputTokens(usage) + outputTokens(usage),
  }
}
