/** From the ordered targets to one answer: the first attempt that has begun is relayed, and nothing is tried after that. */
import { WeirError } from '../errors.ts'
import { tryTarget } from './attempt.ts'
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'
import { relay } from './relay.ts'
import { route } from './route.ts'

export async function forward(call: LiveCall, gateway: Gateway): Promise<void> {
  let failure: WeirError | null = null
  for (const target of route(call, gateway)) {
    const attempt = await tryTarget(call, target, gateway) // until the answer has begun, or has failed to
    if (attempt.begun) return relay(call, attempt, gateway)
    failure = attempt.failure
  }
  throw failure ?? new WeirError('upstream_failed', 'No target was tried.')
}
