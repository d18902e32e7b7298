/** What is worth a message, each as a state that it is in now. Counts and names only; what was said in calls stands apart. */
import type { Finding } from '../loops/finding.ts'
import type { BudgetItem } from '../policy/limits/budgets.ts'
import type { RouteItem } from '../policy/route-list.ts'
import type { Condition } from './notice.ts'

/** Shares of a budget that are told, once each. */
const STEPS = [1, 0.95, 0.8, 0.5] as const
const DAY = 86_400_000

const dollars = (value: number): string => `$${value.toFixed(value < 1 ? 4 : 2)}`

export function ofFinding(finding: Finding): Condition | null {
  const { id, verdict, state, rules, sessionId, lane, spentNano, action, evidence } = finding
  if (verdict === 'watch' || action === 'mark') return null
  const isOver = state !== 'open'
  const spent = spentNano === null ? 'an unknown amount' : dollars(spentNano / 1e9)
  const done =
    action === 'block' ? ' Its next calls are refused.' : action === 'throttle' ? ' Its next calls are held back.' : ''
  return {
    topic: 'loops',
    key: `loop ${id}`,
    state: isOver ? 'ok' : verdict,
    severity: isOver ? 'info' : verdict === 'runaway' ? 'critical' : 'warning',
    title: isOver ? 'A loop was marked as seen' : verdict === 'runaway' ? 'A run runs away' : 'A run turns in circles',
    text: isOver
      ? `A person marked the finding as ${state.replace('_', ' ')}.`
      : `${evidence.map(({ text }) => text).join('; ')}. ${spent} was spent since the first repeat.${done}`,
    facts: { finding: id, session: sessionId, ...(lane === null ? {} : { lane }), rules: rules.join(', ') },
    content: evidence.map(({ repeated }) => repeated).find((repeated) => repeated !== null) ?? null,
  }
}

/** Only windows of a day and more: a minute's limit is spent many times an hour, and refuses for itself. */
const isBudget = ({ limit: { per, ms } }: BudgetItem): boolean =>
  per === 'day' || per === 'week' || per === 'month' || (per === 'rolling' && ms !== null && ms >= DAY)

export const ofBudgets = (items: readonly BudgetItem[]): Condition[] =>
  items.filter(isBudget).flatMap((item) => {
    const { limit, scope, used, reserved, left, resetAt, forecastAt } = item
    const share = limit.max > 0 ? (used + reserved) / limit.max : 1
    const reached = STEPS.find((step) => share >= step) ?? null
    const whom = limit.on === 'global' ? 'all calls' : `${limit.on} ${scope}`
    const amount = (value: number) => (limit.unit === 'cost' ? dollars(value) : `${value} ${limit.unit}`)
    const name = `${whom} ${limit.unit} ${limit.per}${limit.ms ?? ''} ${limit.max} ${limit.source}`
    const facts = { used: amount(used + reserved), limit: amount(limit.max), left: amount(left) }
    const until = resetAt === null ? '' : ` It starts again at ${new Date(resetAt).toISOString()}.`
    const level: Condition = {
      topic: 'budgets',
      key: `budget ${name}`,
      state: reached === null ? 'ok' : String(reached * 100),
      severity: reached === 1 ? 'critical' : reached === null ? 'info' : 'warning',
      title: reached === null ? `Budget of ${whom}: there is room again` : `Budget of ${whom}: ${reached * 100} % used`,
      text: `${amount(used + reserved)} of ${amount(limit.max)} are used.${until}`,
      facts,
      content: null,
    }
    const isSoon = forecastAt !== null && share < 1
    const forecast: Condition = {
      topic: 'budgets',
      key: `forecast ${name}`,
      state: isSoon ? 'spent before its end' : 'ok',
      severity: isSoon ? 'warning' : 'info',
      title: isSoon ? `Budget of ${whom}: it will not last` : `Budget of ${whom}: it will last`,
      text: isSoon
        ? `At today's pace it is spent at ${new Date(forecastAt).toISOString()}.${until}`
        : 'At the present pace it lasts to its end.',
      facts,
      content: null,
    }
    return [level, forecast]
  })

/** Targets that their breaker keeps calls from. */
export const ofRoutes = (routes: readonly RouteItem[]): Condition[] => {
  const targets = new Map(routes.flatMap((route) => route.targets).map((target) => [target.target, target]))
  return [...targets.values()].map(({ target, state, why }) => ({
    topic: 'providers',
    key: `target ${target}`,
    state: state === 'open' ? 'down' : 'ok',
    severity: state === 'open' ? 'critical' : 'info',
    title: state === 'open' ? `${target} is down` : `${target} answers again`,
    text:
      state === 'open'
        ? `Calls are kept from it for a while: ${why ?? 'it failed several times in a row'}.`
        : 'Calls go there again.',
    facts: { target },
    content: null,
  }))
}

export interface UnpricedModel {
  model: string
  calls: number
}

export const ofUnpriced = (models: readonly UnpricedModel[]): Condition[] =>
  models.map(({ model, calls }) => ({
    topic: 'unpriced',
    key: `unpriced ${model}`,
    state: calls > 0 ? 'unpriced' : 'ok',
    severity: calls > 0 ? 'warning' : 'info',
    title: calls > 0 ? `Nobody knows what ${model} costs` : `${model} is priced`,
    text:
      calls > 0
        ? `${calls} calls of the last day have no price, and stand in no sum. Give the model a price under prices in weir.yaml.`
        : 'Its calls of the last day have a price.',
    facts: { model, calls },
    content: null,
  }))

export function ofSilence(lastAt: number, now: number, silenceMs: number): Condition {
  const isSilent = now - lastAt >= silenceMs
  const minutes = Math.floor((now - lastAt) / 60_000)
  return {
    topic: 'silence',
    key: 'silence',
    state: isSilent ? 'silent' : 'ok',
    severity: isSilent ? 'warning' : 'info',
    title: isSilent ? 'Nothing is recorded' : 'Calls are recorded again',
    text: isSilent ? `No call was recorded for ${minutes} minutes.` : 'A call was recorded.',
    facts: { minutes },
    content: null,
  }
}
