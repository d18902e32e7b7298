/** The ordered targets for a call. Without a route: one target, one attempt — and once more where Weir itself asked for too much. */
import { withoutUsage } from './inject-usage.ts'
import type { Gateway } from './gateway.ts'
import type { LiveCall, Target } from './live.ts'

export function* route(call: LiveCall, gateway: Gateway): Generator<Target> {
  const target = call.upstream!
  yield target
  if (!call.usageRefused) return
  gateway.refusesUsage.add(target.origin)
  withoutUsage(call)
  yield target
}
