/** Which tabs a call has: none that would open on nothing. */
import type { Call } from '../../../server/call.ts'
import type { CallTab } from './loader.ts'

export const tabsOf = (call: Call): { name: CallTab; label: string }[] => {
  const kept = call.capture === 'full' && call.outcome !== 'running'
  return [
    { name: 'conversation' as const, label: 'Conversation', there: true },
    { name: 'request' as const, label: 'Raw request', there: kept && call.requestBytes > 0 },
    { name: 'response' as const, label: 'Raw response', there: kept && call.responseBytes > 0 },
    { name: 'headers' as const, label: 'Headers', there: call.outcome !== 'running' },
    {
      name: 'stream' as const,
      label: 'Stream',
      there: call.outcome !== 'running' && (call.stream === true || call.events !== null) && call.responseBytes > 0,
    },
  ].filter((tab) => tab.there)
}
