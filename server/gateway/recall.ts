/** Who gave an answer that is older than this process: asked of the database, in the time that a client can spare. */
import type { Place } from '../policy/routing.ts'
import type { Ask } from '../reader/ask.ts'
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'
import { aim } from './prepare.ts'

/** The database may be slow, locked or away; but sent to the wrong account the call would fail for sure. */
const MOST_WAIT_MS = 5000

export function createRecall(ask: Ask): Gateway['recall'] {
  const find = async (id: string): Promise<Place | null> => {
    for (const found of await ask('findId', { id })) {
      const call = found.kind === 'call' ? await ask('getCall', { id: found.id }) : null
      if (call?.responseId === id && call.target !== null) return { target: call.target, credential: call.credential }
    }
    return null
  }
  return async (id) => {
    const late = Promise.withResolvers<null>()
    const timer = setTimeout(late.resolve, MOST_WAIT_MS, null)
    const found = await Promise.race([find(id).catch(() => null), late.promise])
    clearTimeout(timer)
    return found
  }
}

/** Turns a bound call to whom it is bound to. Where nobody knows, it stays with its session's target, or the first. */
export async function recallPlace(call: LiveCall, id: string, gateway: Gateway): Promise<void> {
  const live = call.route!
  const place = await gateway.recall(id)
  const target = place && live.fitting.find(({ name }) => name === place.target)
  if (!target) return
  gateway.routing.pins.set(id, place)
  live.targets = [target]
  live.boundTo = place.credential
  aim(call, target)
}
