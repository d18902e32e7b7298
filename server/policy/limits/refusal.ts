/** A refusal in words and headers: which limit, how much of it is used, when there is room again, and what to do. */
import { WeirError } from '../../errors.ts'
import type { Ask } from './ledger.ts'
import type { Limit, Unit } from './limit.ts'
import type { Model } from './price-book.ts'
import { type Counter, freeAt, type Rule, sumOf } from './rule.ts'
import { scopeText } from './scope.ts'

export interface Refused {
  rule: Rule
  counter: Counter
  /** What the call would have taken. */
  amount: number
}

/** Beyond this a client that tries again by itself only waits. */
const SOON_MS = 60_000
/** Nobody knows when a running call ends. */
const SLOT_WAIT_MS = 1000

/** The refusal that lasts longest is the one to tell: its `retry-after` is true for all. */
export const refuse = (all: readonly Refused[], ask: Ask, now: number): WeirError => {
  const withTimes = all.map((refused) => ({ ...refused, at: reset(refused, now) }))
  const { at, ...refused } = withTimes.reduce((a, b) => (b.at > a.at ? b : a))
  return refused.rule.unit === 'cost' ? budgetSpent(refused, at) : rateLimited(refused, ask, at, now)
}

const reset = ({ rule, counter, amount }: Refused, now: number) =>
  freeAt(rule, counter, Math.min(amount, rule.max)) ?? now + SLOT_WAIT_MS

function rateLimited(refused: Refused, ask: Ask, at: number, now: number): WeirError {
  const { rule } = refused
  const wait = Math.max(0, at - now)
  const headers = {
    'retry-after': String(Math.max(1, Math.ceil(wait / 1000))),
    'x-should-retry': wait <= SOON_MS && refused.amount <= rule.max ? 'true' : 'false',
    ...(rule.span === null ? {} : HEADERS[ask.headers](refused, at, now)),
  }
  return new WeirError('rate_limited', rateText(refused, at), { headers })
}

/** The names that each SDK's users know. https://platform.openai.com/docs/guides/rate-limits https://docs.claude.com/en/api/rate-limits */
const HEADERS = {
  openai: (refused: Refused, at: number, now: number) => ({
    [`x-ratelimit-limit-${refused.rule.unit}`]: String(refused.rule.max),
    [`x-ratelimit-remaining-${refused.rule.unit}`]: String(left(refused)),
    [`x-ratelimit-reset-${refused.rule.unit}`]: goDuration(at - now),
  }),
  anthropic: (refused: Refused, at: number) => ({
    [`anthropic-ratelimit-${refused.rule.unit}-limit`]: String(refused.rule.max),
    [`anthropic-ratelimit-${refused.rule.unit}-remaining`]: String(left(refused)),
    [`anthropic-ratelimit-${refused.rule.unit}-reset`]: `${new Date(Math.ceil(at / 1000) * 1000).toISOString().slice(0, 19)}Z`,
  }),
} as const

const left = ({ rule, counter }: Refused): number => {
  const { used, reserved } = sumOf(rule, counter)
  return Math.max(0, rule.max - used - reserved)
}

/** `6m0s`, `12ms`: as OpenAI writes it. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.ceil(ms))}ms`
  const seconds = Math.ceil(ms / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return `${h > 0 ? `${h}h` : ''}${h > 0 || m > 0 ? `${m}m` : ''}${s}s`
}

function rateText(refused: Refused, at: number): string {
  const { rule, counter, amount } = refused
  const whom = scopeText(rule.limit, counter.scope)
  if (rule.unit === 'concurrency')
    return `The limit of ${rule.max} calls at once for ${whom} is reached. Wait until one of them has ended. ${whereTo(rule)}`
  const { used, reserved } = sumOf(rule, counter)
  const about = rule.unit === 'tokens' ? ` This call may take ${amount} (${ESTIMATE}).` : ''
  if (amount > rule.max)
    return `The limit of ${amountText(rule.unit, rule.max)} ${perText(rule.limit)} for ${whom} is too small for this call.${about} ${whereTo(rule)}`
  return `The limit of ${amountText(rule.unit, rule.max)} ${perText(rule.limit)} for ${whom} is reached: ${used + reserved} are used.${about} There is room again at ${moment(at)}. ${whereTo(rule)}`
}

const ESTIMATE = 'its request, and the most that its answer may have: max_tokens makes that less'

function budgetSpent(refused: Refused, at: number): WeirError {
  const { rule, counter, amount } = refused
  const { used, reserved } = sumOf(rule, counter)
  const held = reserved > 0 ? ` and ${money(reserved)} set aside for calls under way` : ''
  const why =
    used + reserved >= rule.max
      ? 'is spent'
      : `has no room for this call, which may cost ${money(amount)} (${ESTIMATE})`
  const when = amount > rule.max ? '' : ` There is room again at ${moment(at)}.`
  return new WeirError(
    'budget_spent',
    `The budget of ${money(rule.max)} ${perText(rule.limit)} for ${scopeText(rule.limit, counter.scope)} ${why}: ${money(used)} is spent${held}.${when} ${whereTo(rule)}`,
  )
}

/** Nobody can price `models` (none: the call's model cannot be seen), and the budget says that such a call does not pass. */
export const refuseUnpriced = (rule: Rule, scope: string, models: readonly Model[]): WeirError => {
  const unseen = models.length === 0
  const named = unseen
    ? 'a call whose model Weir cannot see'
    : models.map(({ provider, model }) => `${provider}/${model}`).join(' or ')
  const [first] = models
  const lines = unseen
    ? 'Set `unpriced: allow` or `count_as` for this limit'
    : `Price it in weir.yaml: prices: [{ provider: ${first!.provider}, model: ${JSON.stringify(first!.model)}, inputPerMillion: 1.00, outputPerMillion: 4.00 }] (dollars), or set \`unpriced: allow\` or \`count_as\` for this limit`
  return new WeirError(
    'unpriced',
    `Nobody knows what ${named} costs, and the budget of ${money(rule.max)} ${perText(rule.limit)} for ${scopeText(rule.limit, scope)} lets no unpriced call pass. ${lines}.`,
  )
}

/** For a header: no character that one may not hold. */
export const nearText = (all: readonly Refused[]): string =>
  all
    .map(({ rule, counter }) => {
      const { used, reserved } = sumOf(rule, counter)
      const amount = (value: number) => amountText(rule.unit, value)
      return `near ${scopeText(rule.limit, counter.scope)}: ${amount(used + reserved)} of ${amount(rule.max)} ${perText(rule.limit)}`
    })
    .join('; ')
    .replaceAll(/[^\x20-\x7e]/g, encodeURIComponent)
    .slice(0, 1000)

const amountText = (unit: Unit, value: number): string =>
  unit === 'cost'
    ? money(value)
    : `${value} ${unit === 'concurrency' ? 'calls at once' : value === 1 ? unit.slice(0, -1) : unit}`

const perText = ({ per, zone }: Limit): string => {
  if (per === undefined) return ''
  if (typeof per === 'object') return `in any ${per.rolling}`
  return `per ${per}${zone === 'UTC' || per === 'second' || per === 'minute' ? '' : ` (${zone})`}`
}

const whereTo = ({ source, limit }: Rule): string =>
  source === 'key'
    ? 'It is a limit of this Weir key: who made the key can raise it.'
    : `It stands under limits in weir.yaml (on: ${limit.on}).`

/** Cents, and more digits where cents would show nothing. */
const money = (nano: number): string => {
  const dollars = nano / 1e9
  return `$${dollars.toFixed(dollars !== 0 && Math.abs(dollars) < 0.1 ? 6 : 2)}`
}

const moment = (at: number): string => `${new Date(Math.ceil(at / 1000) * 1000).toISOString().slice(0, 19)}Z`
