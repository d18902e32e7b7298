/** Alerts put together from the house's parts. */
import { Agent } from 'undici'
import type { AlertConfig } from '../config/alerts.ts'
import type { Upstreams } from '../gateway/upstreams.ts'
import type { Ask } from '../reader/ask.ts'
import { createAlerts, type Alerts } from './alerts.ts'
import { createConditions, watchAlerts, type Sources } from './watch.ts'

const DAY = 86_400_000
/** Models that a list can tell of. */
const MOST_MODELS = 200

export interface OpenAlerts extends Pick<Sources, 'budgets' | 'routes' | 'lastRecordedAt'> {
  dataDir: string
  config(): readonly AlertConfig[]
  ask: Ask
  upstreams: Upstreams
}

export function openAlerts(given: OpenAlerts): Alerts & { close(): Promise<void> } {
  const { dataDir, config, ask, upstreams } = given
  let unguarded: Agent | null = null
  const unpriced = async () => {
    const to = Date.now()
    const { items } = await ask('top', { by: 'model', metric: 'calls', from: to - DAY, to, limit: MOST_MODELS })
    return items.flatMap(({ name, unpricedCalls }) => (name === null ? [] : [{ model: name, calls: unpricedCalls }]))
  }
  const alerts = createAlerts({
    dataDir,
    config,
    now: Date.now,
    conditions: createConditions({ ...given, unpriced, now: Date.now }),
    // No provider has an empty name: these are the connections that all share, whose look-up is guarded.
    dispatcher: ({ allowPrivate }) => (allowPrivate ? (unguarded ??= new Agent()) : upstreams.for('')),
  })
  const watch = watchAlerts(alerts, () => config().length > 0)
  return {
    ...alerts,
    close: async () => {
      watch.close()
      await unguarded?.destroy()
    },
  }
}
