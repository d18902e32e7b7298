/** The ordered targets for a call. Without a route: one target, one attempt — and once more where Weir itself asked for too much. */
import { withoutUsage } from './inject-usage.ts'
import type { LiveCall, Target } from './live.ts'

export function* route(call: LiveCall): Generator<Target> {
  const target = call.upstream!
  const asked = call.injected !== null
  yield target
  if (!asked) return
  withoutUsage(call)
  yield target
}
