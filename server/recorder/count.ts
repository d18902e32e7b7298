/**
 * Step `count`: the provider's word where there is one, else a labelled estimate, else nothing; never 0 for want of knowing.
 * A tokenizer's tables are loaded when the first call needs them. Until then such calls are counted as unknown, and `load`
 * says that they should be counted again: so this step stays synchronous.
 */
import type { Usage } from '../call.ts'
import type { Message } from '../dialects/dialect.ts'
import type { JournaledCall } from '../journal/entry.ts'
import { estimateUsage } from '../prices/estimate.ts'
import { createTokenizers } from '../prices/tokenizer.ts'
import type { Body } from './body.ts'
import type { Decoded } from './decode.ts'
import type { Verdict } from './judge.ts'
import type { Counted } from './to-call.ts'

const NONE: Counted = { usage: null, usageSource: 'none' }

export interface Count {
  count(call: JournaledCall, decoded: Decoded, verdict: Verdict, response: Body): Counted
  /** Loads what `count` missed; true when there was something and it is there now. */
  load(): Promise<boolean>
}

export const createCount = (tokenizers = createTokenizers()): Count => {
  const missed = new Set<string>()
  const unloadable = new Set<string>()

  return {
    count: (call, decoded, verdict, response) => {
      const { request, answer } = decoded
      if (answer?.usage && answer.usageSource !== 'none')
        return { usage: answer.usage, usageSource: answer.usageSource }
      if (!mayBeEstimated(call, decoded, verdict)) return NONE
      const model = answer?.model ?? call.start.model ?? request?.model ?? null
      if (!tokenizers.ready(model)) {
        if (!unloadable.has(model ?? '')) missed.add(model ?? '')
        return NONE
      }
      const usage = estimateUsage({ model, request, answer }, tokenizers)
      return usage ? { usage: scaled(usage, response), usageSource: 'estimated' } : NONE
    },
    load: async () => {
      let loaded = false
      for (const model of missed) {
        try {
          await tokenizers.load(model === '' ? null : model)
          loaded = true
        } catch {
          // Counted as unknown from now on: an estimate is a courtesy, recording is not.
          unloadable.add(model)
        }
      }
      missed.clear()
      return loaded
    },
  }
}

/** A provider that began to answer a conversation has read it, and charges for it even when nobody heard the end. */
function mayBeEstimated({ start, attempts }: JournaledCall, { request }: Decoded, { outcome }: Verdict): boolean {
  const status = attempts.at(-1)?.status ?? 0
  const began = status === 101 || (status >= 200 && status < 300)
  return (
    began &&
    outcome !== 'error' &&
    outcome !== 'cache_hit' &&
    !start.auxiliary &&
    start.operation !== 'warmup' &&
    isConversation(request?.messages ?? [])
  )
}

const isConversation = (messages: readonly Message[]): boolean =>
  messages.some(({ parts }) => parts.some(({ type }) => type !== 'raw'))

/** Of an answer above the capture limit only the beginning is here; the rest is taken to be like it. */
function scaled(usage: Usage, { captured, total }: Body): Usage {
  if (captured === 0 || captured >= total) return usage
  const times = (count: number | undefined) => count && Math.round((count * total) / captured)
  const { output, reasoning } = usage
  return { ...usage, output: times(output), ...(reasoning === undefined ? {} : { reasoning: times(reasoning) }) }
}
