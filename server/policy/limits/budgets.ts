/** How far along every limit is, for people: what is used and left, when it starts again, and when it will be spent at today's pace. */
import type { LimitSums, SumQuestion } from '../../../db/queries/limit-sums.ts'
import type { Calendar, KeyLimit, ScopeKind, Unit } from './limit.ts'
import { type Counter, counterOf, freeAt, roll, type Rule, sumOf } from './rule.ts'
import { splitTag } from './scope.ts'

/** A key whose limits count although it has not called yet. */
export interface KeyLimits {
  name: string
  team: string | null
  tags: Readonly<Record<string, string>>
  limits: readonly KeyLimit[]
}

export interface BudgetItem {
  limit: {
    on: ScopeKind
    name: string | null
    per: Calendar | 'rolling' | null
    /** Length of a rolling window. */
    ms: number | null
    zone: string
    unit: Unit
    /** Cost in US dollars; so are `used`, `reserved` and `left`. */
    max: number
    action: 'block' | 'alert'
    source: 'config' | 'key'
  }
  /** The key, team … that it counts; '' for all calls. */
  scope: string
  used: number
  /** Estimates of calls that are not settled yet. */
  reserved: number
  left: number
  resetAt: number | null
  forecastAt: number | null
  state: 'ok' | 'near' | 'spent'
}

export interface BudgetDeps {
  rules: readonly Rule[]
  keys: Iterable<KeyLimits>
  /** Only what can refuse this key. */
  key: string | undefined
  now: number
  sums(questions: SumQuestion[]): Promise<LimitSums>
}

const DAY = 86_400_000
const NEAR = 0.8
/** Users and sessions have no end. */
const MOST = 500

export async function listBudgets({ rules, keys, key, now, sums }: BudgetDeps): Promise<BudgetItem[]> {
  const holder = key === undefined ? null : ([...keys].find(({ name }) => name === key) ?? nobody(key))
  const found = rules
    .flatMap((rule) => countersOf(rule, now).map((counter) => ({ rule, counter, share: shareOf(rule, counter) })))
    .filter(({ rule, counter }) => holder === null || mayRefuse(rule, counter, holder))
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST)
  const paces = await pacesOf([...new Set(found.map(({ rule }) => rule))], now, sums)
  return found.map(({ rule, counter }) => toItem(rule, counter, now, paces.get(rule) ?? null))
}

/** Limits that name whom they are on are there from the start; others when somebody is counted. */
function countersOf(rule: Rule, now: number): Counter[] {
  roll(rule, now)
  const { on, name } = rule.limit
  const named = on === 'global' ? '' : on === 'tag' ? splitTag(name!).value : (name ?? null)
  if (named !== null) counterOf(rule, named)
  return [...rule.state.counters.values()]
}

const nobody = (name: string): KeyLimits => ({ name, team: null, tags: {}, limits: [] })

function mayRefuse({ limit }: Rule, { scope }: Counter, holder: KeyLimits): boolean {
  if (limit.on === 'key') return scope === holder.name
  if (limit.on === 'team') return scope === holder.team
  if (limit.on === 'tag') return holder.tags[splitTag(limit.name!).tag] === scope
  return limit.on !== 'user' && limit.on !== 'session' && limit.on !== 'lane'
}

const totalOf = (rule: Rule, counter: Counter): number => {
  const { used, reserved } = sumOf(rule, counter)
  return used + reserved
}
const shareOf = (rule: Rule, counter: Counter): number =>
  rule.max > 0 ? totalOf(rule, counter) / rule.max : totalOf(rule, counter) > 0 ? 1 : 0

/** Amount a millisecond by scope, over the last day: what a day is like tells more of a month than its beginning does. */
type Pace = ReadonlyMap<string, number>

const isLong = ({ span, state: { window } }: Rule) => span !== null && window.end - window.start > DAY * 1.5

async function pacesOf(rules: readonly Rule[], now: number, sums: BudgetDeps['sums']): Promise<Map<Rule, Pace>> {
  const long = rules.filter(isLong)
  if (long.length === 0) return new Map()
  const questions = long.map(({ limit }) => ({
    on: limit.on,
    name: limit.name ?? null,
    since: now - DAY,
    until: now + 1,
    after: 0,
    slotMs: null,
  }))
  try {
    const answer = await sums(questions)
    return new Map(long.map((rule, i) => [rule, toPace(rule, answer.sums[i]!)]))
  } catch {
    return new Map()
  }
}

const toPace = ({ unit }: Rule, sums: LimitSums['sums'][number]): Pace =>
  new Map(
    sums.map((sum) => [
      sum.scope,
      (unit === 'requests' ? sum.requests : unit === 'tokens' ? sum.tokens : sum.costNano) / DAY,
    ]),
  )

function toItem(rule: Rule, counter: Counter, now: number, pace: Pace | null): BudgetItem {
  const { limit, unit, max, source, rollingMs, span, state } = rule
  const { used, reserved } = sumOf(rule, counter)
  const left = Math.max(0, max - used - reserved)
  const resetAt =
    span === null
      ? null
      : rollingMs === null
        ? state.window.end
        : used + reserved >= max
          ? freeAt(rule, counter, 1)
          : null
  const each = pace ? (pace.get(counter.scope) ?? 0) : used / Math.max(1, now - state.window.start)
  const total = used + reserved
  return {
    limit: {
      on: limit.on,
      name: limit.name ?? null,
      per: span === null ? null : rollingMs === null ? (limit.per as Calendar) : 'rolling',
      ms: rollingMs,
      zone: limit.zone,
      unit,
      max: shown(unit, max),
      action: limit.action,
      source,
    },
    scope: counter.scope,
    used: shown(unit, span === null ? reserved : used),
    reserved: shown(unit, span === null ? 0 : reserved),
    left: shown(unit, left),
    resetAt,
    forecastAt: forecast(left, each, now, rollingMs === null && span !== null ? state.window.end : null),
    state: total >= max ? 'spent' : total >= NEAR * max ? 'near' : 'ok',
  }
}

/** null: not within this window, or not to be told (a rolling window lets go of what it counts). */
function forecast(left: number, each: number, now: number, end: number | null): number | null {
  if (end === null || each <= 0 || left <= 0) return null
  const at = Math.round(now + left / each)
  return at < end ? at : null
}

const shown = (unit: Unit, value: number): number => (unit === 'cost' ? value / 1e9 : value)
