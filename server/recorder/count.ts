/** Step `count`: the provider's word where there is one, else a labelled estimate, else nothing. Never 0 for want of knowing. */
import type { JournaledCall } from '../journal/entry.ts'
import type { Decoded } from './decode.ts'
import type { Counted } from './to-call.ts'

const NONE: Counted = { usage: null, usageSource: 'none' }

export const createCount =
  () =>
  (call: JournaledCall, { answer }: Decoded): Counted => {
    void call
    if (answer?.usage && answer.usageSource !== 'none') return { usage: answer.usage, usageSource: answer.usageSource }
    return NONE
  }
