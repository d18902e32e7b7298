/**
 * One response of a Realtime session: the Responses API's items and events, with a usage and an error of its own. Its `error`
 * events are about the client's last event and rarely about the response, which goes on: only where no `response.done` follows
 * they tell how it ended. https://platform.openai.com/docs/api-reference/realtime-server-events
 */
import type { ReadError } from './dialect.ts'
import type { Usage } from '../call.ts'
import { toBareError, toError } from './read/error.ts'
import type { Fold } from './read/fold.ts'
import { asName, asObject, asText, isObject, kept, type Json } from './read/json.ts'
import { createResponsesFold } from './responses-answer.ts'

export function createRealtimeFold(toUsage: (usage: Json) => Usage | null): Fold {
  const fold = createResponsesFold({ billed: false })
  const { answer } = fold
  let aside: ReadError | null = null

  return {
    ...fold,
    event(event, name) {
      if ((asText(event.type) ?? name) === 'error') {
        aside ??= toError(event) ?? toBareError(event)
        return
      }
      fold.event(event, name)
      if (!isObject(event.response)) return
      const { usage, status_details: details, status } = event.response
      if (isObject(usage)) {
        answer.usageRaw = kept(usage)
        answer.usage = toUsage(usage)
      }
      if (status === 'failed')
        answer.error ??= toError(asObject(details)) ?? { code: 'response_failed', message: 'The response failed.' }
      answer.finishReason = asName(asObject(details).reason) ?? answer.finishReason
    },
    end() {
      fold.end()
      if (answer.usage) answer.usageSource = answer.complete ? 'provider' : 'partial'
      if (!answer.complete) answer.error ??= aside
    },
  }
}
