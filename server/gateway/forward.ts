/** From the targets to one answer: the first attempt that has begun is relayed, and nothing is tried after that. */
import { WeirError } from '../errors.ts'
import { tryTarget } from './attempt.ts'
import { forwardByRoute } from './forward-route.ts'
import type { Gateway } from './gateway.ts'
import { withoutUsage } from './inject-usage.ts'
import type { LiveCall } from './live.ts'
import { relay } from './relay.ts'

export async function forward(call: LiveCall, gateway: Gateway): Promise<void> {
  if (call.route) return forwardByRoute(call, gateway)
  const target = call.upstream!
  let attempt = await tryTarget(call, target, gateway) // until the answer has begun, or has failed to
  if (!attempt.begun && attempt.usageRefused) {
    // Once more, where Weir itself asked for too much.
    gateway.refusesUsage.add(target.origin)
    withoutUsage(call)
    attempt = await tryTarget(call, target, gateway)
  }
  if (attempt.begun) return relay(call, attempt, gateway)
  throw attempt.failure ?? new WeirError('upstream_failed', 'No target was tried.')
}
