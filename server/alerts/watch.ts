/** Looks at what alerts tell of, every half minute, and only at what some alert asks for. */
import type { AlertConfig, Topic } from '../config/alerts.ts'
import type { BudgetItem } from '../policy/limits/budgets.ts'
import type { RouteItem } from '../policy/route-list.ts'
import type { Alerts } from './alerts.ts'
import { ofBudgets, ofRoutes, ofSilence, ofUnpriced, type UnpricedModel } from './conditions.ts'
import type { Condition } from './notice.ts'

const LOOK_MS = 30_000
/** The database is asked for it. */
const UNPRICED_MS = 5 * 60_000

export interface Sources {
  budgets(): Promise<BudgetItem[]>
  routes(): Promise<RouteItem[]>
  /** Models of the last day, with how many of their calls have no price. */
  unpriced(): Promise<UnpricedModel[]>
  lastRecordedAt(): number
  now(): number
}

export const createConditions = ({ budgets, routes, unpriced, lastRecordedAt, now }: Sources) => {
  let models: Promise<UnpricedModel[]> = Promise.resolve([])
  let modelsAt = -Infinity
  const modelsNow = () => {
    if (now() - modelsAt < UNPRICED_MS) return models
    modelsAt = now()
    return (models = unpriced().catch(() => []))
  }
  const of: Record<Exclude<Topic, 'loops'>, (alert: AlertConfig) => Promise<Condition[]>> = {
    budgets: async () => ofBudgets(await budgets()),
    providers: async () => ofRoutes(await routes()),
    unpriced: async () => ofUnpriced(await modelsNow()),
    silence: async ({ silence }) => [ofSilence(lastRecordedAt(), now(), silence)],
  }
  return async (alert: AlertConfig): Promise<Condition[]> => {
    const topics = alert.on.filter((topic) => topic !== 'loops')
    const all = await Promise.allSettled(topics.map((topic) => of[topic](alert)))
    return all.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  }
}

export const watchAlerts = (alerts: Alerts, isConfigured: () => boolean): { close(): void } => {
  const timer = setInterval(() => void (isConfigured() && alerts.look()), LOOK_MS)
  timer.unref()
  return { close: () => clearInterval(timer) }
}
