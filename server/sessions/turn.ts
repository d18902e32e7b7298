/** A call on its way from `decode` to `store`, as threading and detection see it: what was read, and where it belongs. */
import type { Call, Mark } from '../call.ts'
import type { Answer, RequestFacts } from '../dialects/dialect.ts'

export interface Turn {
  /** The row in the making; threading sets sessionId, sessionSource, parentId, lane, turn, newFrom, mark and cacheBreak. */
  call: Call
  /** As decoded; null: unreadable. */
  request: RequestFacts | null
  answer: Answer | null
  /** Index into `request.messages` of the first message that its session had not seen before this call; 0: all are new. */
  newFrom: number
  /** What threading noticed. */
  mark: Mark | null
}
