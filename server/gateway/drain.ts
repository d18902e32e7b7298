/** `disconnect`: what becomes of an answer whose client has left. The key's word wins over its route's; without either it is ended. */
import type { LiveCall } from './live.ts'

/** For a key that drains where no route says how long. */
const KEY_DRAIN_MS = 5 * 60_000

/** For how long the answer is read on; null: not at all. */
export function drainMsOf({ weirKey, route }: LiveCall): number | null {
  const byRoute = route === null ? null : route.route.drainMs
  const wish = weirKey === null ? null : weirKey.disconnect
  if (wish === null) return byRoute
  return wish === 'drain' ? (byRoute ?? KEY_DRAIN_MS) : null
}
