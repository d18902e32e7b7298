/** Limits and budgets in words: what is counted, over what time, how far along it is, and what happens at the end. */
import { quoteValue } from '../../db/filter.ts'
import type { BudgetItem, Calendar, KeyLimit, Unit } from './control.ts'
import { join, toDuration, toMoney, toShort } from './format.ts'
import { isSameDay, toDay, toMinute } from './time.ts'

/** An amount in its unit; `cost` is in US dollars. Whole dollars go without cents. */
export const toAmount = (unit: Unit, n: number): string =>
  unit === 'cost'
    ? Number.isInteger(n) && n < 100_000
      ? `$${n.toLocaleString('en-US')}`
      : toMoney(Math.round(n * 1e9), n >= 0.01 && n < 100_000 ? 2 : undefined)
    : join(toShort(n)).replace('.0 ', ' ')

const UNIT_WORDS: Record<Unit, string> = { requests: 'requests', tokens: 'tokens', cost: '', concurrency: 'at once' }
const PER_WORDS: Record<Calendar, string> = {
  second: 'a second',
  minute: 'a minute',
  hour: 'an hour',
  day: 'a day',
  week: 'a week',
  month: 'a month',
}
/** As a key's limit has it, or as a budget tells it. */
type Per = KeyLimit['per'] | BudgetItem['limit']['per']
const spanWords = (ms: number) =>
  ms % 86_400_000 === 0 && ms > 86_400_000
    ? `${ms / 86_400_000} d`
    : ms % 3_600_000 === 0
      ? `${ms / 3_600_000} h`
      : ms % 60_000 === 0
        ? `${ms / 60_000} min`
        : join(toDuration(ms))

export const toPerText = (per: Per, ms: number | null = null): string => {
  if (per === null || per === undefined) return ''
  if (typeof per === 'object') return `in any ${per.rolling}`
  if (per === 'rolling') return ms === null ? 'rolling' : `in any ${spanWords(ms)}`
  return PER_WORDS[per]
}

/** `$50 a month`, `1,000 requests a day`, `10 at once`. */
export const toLimitText = (unit: Unit, max: number, per: Per, ms: number | null = null): string =>
  [toAmount(unit, max), UNIT_WORDS[unit], unit === 'concurrency' ? '' : toPerText(per, ms)].filter(Boolean).join(' ')
export const toBudgetLimit = ({ limit }: BudgetItem): string => toLimitText(limit.unit, limit.max, limit.per, limit.ms)

export const UNITS: readonly Unit[] = ['cost', 'requests', 'tokens', 'concurrency']
/** Each amount of a key's limit by itself. */
export const toAmounts = (limit: KeyLimit): { unit: Unit; max: number }[] =>
  UNITS.flatMap((unit) => (limit[unit] === undefined ? [] : [{ unit, max: limit[unit] }]))
export const toKeyLimitText = (limit: KeyLimit): string =>
  toAmounts(limit)
    .map(({ unit, max }) => toLimitText(unit, max, limit.per))
    .join(', ')

/** `feature` of `feature` or `feature=search`. */
const tagOf = (name: string | null) => (name ?? 'tag').split('=')[0]!
/** Whom a budget counts, in words: `key ci-evals`, `feature search`, `all calls`. */
export const toScopeText = ({ limit, scope }: BudgetItem): { kind: string; name: string } => {
  if (limit.on === 'global') return { kind: '', name: 'all calls' }
  return { kind: limit.on === 'tag' ? tagOf(limit.name) : limit.on, name: scope || '(none)' }
}
/** The filter for the calls that it counts. */
export const toBudgetQuery = ({ limit, scope }: BudgetItem): string => {
  if (limit.on === 'global') return ''
  return `${limit.on === 'tag' ? `tag.${tagOf(limit.name)}` : limit.on}:${quoteValue(scope)}`
}

const LENGTHS: Record<Exclude<Calendar, 'month'>, number> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}
/** When the present window began; null: it has none (calls at once), or it is not known. */
export const toWindowStart = ({ limit: { per, ms }, resetAt }: BudgetItem, now: number): number | null => {
  if (per === 'rolling') return ms === null ? null : now - ms
  if (!per || resetAt === null) return null
  if (per !== 'month') return resetAt - LENGTHS[per]
  const start = new Date(resetAt)
  start.setUTCMonth(start.getUTCMonth() - 1)
  return start.getTime()
}
/** How much of the window has gone by, 0 to 1; null where that says nothing. */
export const toElapsed = (item: BudgetItem, now: number): number | null => {
  const start = toWindowStart(item, now)
  if (start === null || item.resetAt === null || item.limit.per === 'rolling') return null
  return Math.min(1, Math.max(0, (now - start) / (item.resetAt - start)))
}

/** Today: the clock; else with the date. */
export const toMoment = (at: number, now: number) =>
  isSameDay(at, now) ? `today, ${toMinute(at)}` : `${toDay(at)}, ${toMinute(at)}`

const MINUTES = new Set<Per>(['second', 'minute', 'hour'])
/** What one must know of it, in a few words. */
export const toBudgetStory = (item: BudgetItem, now: number): { text: string; tone: 'bad' | 'warn' | 'mut' } => {
  const { limit, resetAt, forecastAt, state } = item
  const reset = resetAt === null ? null : toMoment(resetAt, now)
  if (state === 'spent' && limit.action === 'block')
    return {
      text:
        limit.unit === 'concurrency'
          ? 'refuses calls until one ends'
          : reset
            ? `refuses calls until ${reset}`
            : 'refuses calls until older ones leave the window',
      tone: 'bad',
    }
  if (state === 'spent') return { text: 'over its limit; calls still pass', tone: 'warn' }
  const tone = state === 'near' ? 'warn' : 'mut'
  if (forecastAt !== null) return { text: `at today’s pace spent ${toMoment(forecastAt, now)}`, tone }
  if (limit.unit === 'concurrency') return { text: 'calls running now', tone }
  if (MINUTES.has(limit.per)) return { text: `counts ${toPerText(limit.per).replace(/^an? /, 'each ')}`, tone }
  return { text: 'at today’s pace it lasts', tone }
}
export const toShare = ({ used, reserved, limit }: BudgetItem): number =>
  limit.max > 0 ? (used + reserved) / limit.max : used > 0 ? 1 : 0

/** The calls behind a budget: its filter, and the time of its window. */
export function toBudgetScope(item: BudgetItem, now: number): Record<string, string | null> {
  const start = toWindowStart(item, now)
  const q = toBudgetQuery(item) || null
  return start === null ? { q, range: '1h' } : { q, from: String(Math.round(start)), to: String(now) }
}
