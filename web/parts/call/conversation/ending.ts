/** How an answer ended, in words: the provider's own word stays, what it means for the reader is put beside it. */
import type { Call } from '../../../../server/call.ts'
import type { Answer } from '../../../../server/dialects/dialect.ts'

const CUT = /^(length|max_tokens|max_output_tokens|model_length)$/i
const HELD_BACK = /^(content_filter|safety|recitation|prohibited_content|blocklist|refusal|spii)$/i

export const toEnding = (call: Call, answer: Answer): { text: string; warn: boolean } | null => {
  const reason = answer.finishReason ?? call.finishReason
  if (call.outcome === 'client_abort') return { text: 'The client left here.', warn: true }
  if (call.outcome === 'upstream_abort')
    return {
      text: `The stream broke here${answer.events ? `, after ${answer.events.toLocaleString('en-US')} events` : ''}.`,
      warn: true,
    }
  if (call.outcome === 'timeout')
    return { text: 'The provider fell silent here, and Weir gave up waiting.', warn: true }
  if (call.outcome === 'interrupted')
    return { text: 'Weir was stopped here: how the answer went on is not known.', warn: true }
  if (reason === null)
    return answer.complete || answer.error
      ? null
      : { text: 'The answer has no end: its last event never came.', warn: true }
  if (CUT.test(reason)) return { text: `stop: ${reason} · cut off at the token limit`, warn: true }
  if (HELD_BACK.test(reason)) return { text: `stop: ${reason} · held back by the provider`, warn: true }
  if (/tool|function/i.test(reason)) return { text: `stop: ${reason} · the result comes in the next turn`, warn: false }
  return { text: `stop: ${reason}`, warn: false }
}
