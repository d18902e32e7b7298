/** What became of a call, in the few words of its head and the sentence of its banner. */
import type { Call } from '../../../../server/call.ts'
import { isFailure, toCount, toDurationText, toMoney, toOutcomeText } from '../../../lib/format.ts'

export type Tone = 'good' | 'bad' | 'warn' | 'plain'

export const toHeadline = (call: Call): { text: string; tone: Tone } => {
  if (call.outcome === 'ok') return { text: String(call.status ?? 'done'), tone: 'good' }
  const text = toOutcomeText(call) ?? call.outcome
  if (call.outcome === 'running' || call.outcome === 'cache_hit') return { text, tone: 'plain' }
  return { text, tone: isFailure(call) ? 'bad' : 'warn' }
}

/** The sentence for calls that did not simply succeed; null for those that did, and for running ones. */
export const toStory = (call: Call): { text: string; detail: string | null; tone: Tone } | null => {
  const after = call.durationMs === null ? '' : ` after ${toDurationText(call.durationMs)}`
  const events = call.events ? `, ${toCount(call.events)} events in` : ''
  const code = call.errorCode ? ` (${call.errorCode})` : ''
  const detail = call.errorMessage
  switch (call.outcome) {
    case 'error':
      return {
        text: `${call.status === null ? 'The call failed' : `The provider answered ${call.status}`}${code}${after}.`,
        detail,
        tone: 'bad',
      }
    case 'refused':
      return {
        text: `${REFUSALS[call.errorCode ?? ''] ?? 'Weir refused this call'}${code}: nothing was sent to a provider.`,
        detail,
        tone: 'warn',
      }
    case 'timeout':
      return { text: `Weir gave up waiting${code}${after}.`, detail, tone: 'bad' }
    case 'upstream_abort':
      return {
        text: `The provider broke off${after}${events}${code}. The client saw a broken stream, not a clean end.`,
        detail,
        tone: 'bad',
      }
    case 'client_abort':
      return {
        text: `The client left${after}${events}. The request to the provider was ended at once.`,
        detail,
        tone: 'warn',
      }
    case 'interrupted':
      return {
        text: `Weir was stopped while this call ran${events}: what came before is here, the end is not known.`,
        detail,
        tone: 'bad',
      }
    case 'cache_hit':
      return { text: `Answered from the cache: no provider was called.${savings(call)}`, detail: null, tone: 'plain' }
    default:
      return null
  }
}

const REFUSALS: Record<string, string> = {
  budget_spent: 'A budget is spent, so Weir refused this call',
  rate_limited: 'A limit is reached, so Weir refused this call',
  key_invalid: 'Its key opens nothing, so Weir refused this call',
  model_not_allowed: 'Its key may not do this, so Weir refused this call',
}
function savings(call: Call): string {
  const { savedNano, savedMs } = call
  const parts = [savedNano ? toMoney(savedNano) : null, savedMs ? toDurationText(savedMs) : null].filter(Boolean)
  return parts.length > 0 ? ` That saved ${parts.join(' and ')}.` : ''
}

/** Visible tokens a second while the answer was streaming; null when it did not stream or was too short to say. */
export const toPace = (call: Call): number | null => {
  const out = (call.usage?.output ?? 0) + (call.usage?.reasoning ?? 0)
  if (call.durationMs === null || call.firstTokenMs === null || out === 0) return null
  const streaming = call.durationMs - call.firstTokenMs
  return streaming < 50 ? null : (out / streaming) * 1000
}

/** Why there is no content to show, or null. */
export const toAbsence = (call: Call): string | null => {
  if (call.outcome === 'running') return 'This call is still running. Its content shows here when it has ended.'
  if (call.capture === 'metadata')
    return 'Only figures were kept of this call: its capture setting is "metadata". Bodies were neither stored nor searched.'
  if (call.capture === 'off') return 'Nothing of this call\'s content was kept: its capture setting is "off".'
  return null
}
