/** The key form as plain values: from a key, to what the API takes, and which mistake belongs to which place. */
import type { KeyChange } from '../../lib/api.ts'
import type { Calendar, KeyItem, KeyLimit, LimitInput, Unit } from '../../lib/control.ts'
import { toAmounts } from '../../lib/limits.ts'

export type Expiry = 'never' | '7' | '30' | '90' | 'date'
export interface LimitRow {
  amount: string
  unit: Unit
  per: Calendar | 'rolling'
  /** A window that rolls: `24h`. */
  span: string
  action: KeyLimit['action']
  /** What this form does not show, kept as it was: zone, calls without a price. */
  kept: LimitInput
}
export interface KeyForm {
  name: string
  owner: string
  team: string
  tags: string[]
  providers: string[]
  models: string[]
  routes: string[]
  ips: string[]
  expiry: Expiry
  date: string
  capture: '' | 'full' | 'metadata' | 'off'
  disconnect: '' | 'abort' | 'drain'
  limits: LimitRow[]
}

export const toRow = (part: Partial<LimitRow> = {}): LimitRow => ({
  amount: '',
  unit: 'cost',
  per: 'month',
  span: '24h',
  action: 'block',
  kept: {},
  ...part,
})

export const emptyForm = (): KeyForm => ({
  name: '',
  owner: '',
  team: '',
  tags: [],
  providers: [],
  models: [],
  routes: [],
  ips: [],
  expiry: 'never',
  date: '',
  capture: '',
  disconnect: '',
  limits: [],
})

const pad = (n: number) => String(n).padStart(2, '0')
const toInput = (at: number) => {
  const d = new Date(at)
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}T${pad(d.getHours())}:${pad(d.getMinutes())}`
}
const toRows = (
  { per, requests: _r, tokens: _t, cost: _c, concurrency: _n, action, ...kept }: KeyLimit,
  amounts: Amounts,
) =>
  amounts.map(({ unit, max }) =>
    toRow({
      amount: String(max),
      unit,
      per: typeof per === 'object' ? 'rolling' : (per ?? 'month'),
      span: typeof per === 'object' ? per.rolling : '24h',
      action,
      kept,
    }),
  )
type Amounts = ReturnType<typeof toAmounts>

export const toForm = (key: KeyItem): KeyForm => ({
  name: key.name,
  owner: key.owner ?? '',
  team: key.team ?? '',
  tags: Object.entries(key.tags).map(([name, value]) => `${name}=${value}`),
  providers: key.providers ?? [],
  models: key.models ?? [],
  routes: key.routes ?? [],
  ips: key.ips ?? [],
  expiry: key.expiresAt === null ? 'never' : 'date',
  date: key.expiresAt === null ? '' : toInput(key.expiresAt),
  capture: key.capture ?? '',
  disconnect: key.disconnect ?? '',
  limits: key.limits.flatMap((limit) => toRows(limit, toAmounts(limit))),
})

const listOrAll = (values: string[]) => (values.length === 0 ? null : values)
const toExpiry = ({ expiry, date }: KeyForm, now: number): number | null =>
  expiry === 'never' ? null : expiry === 'date' ? new Date(date).getTime() : now + Number(expiry) * 86_400_000
const toLimit = ({ amount, unit, per, span, action, kept }: LimitRow): LimitInput => ({
  ...kept,
  ...(unit !== 'concurrency' && { per: per === 'rolling' ? { rolling: span.trim() } : per }),
  [unit]: Number(amount),
  action,
})

export const toInputOf = (form: KeyForm, now: number): KeyChange => ({
  owner: form.owner.trim() || null,
  team: form.team.trim() || null,
  tags: Object.fromEntries(form.tags.map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)])),
  providers: listOrAll(form.providers),
  models: listOrAll(form.models),
  routes: listOrAll(form.routes),
  ips: listOrAll(form.ips),
  expiresAt: toExpiry(form, now),
  capture: form.capture || null,
  disconnect: form.disconnect || null,
  limits: form.limits.map(toLimit),
})

export type Problems = Partial<Record<keyof KeyForm, string>>
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i

/** What can be said before asking the server; it has the last word. */
export function checkForm(form: KeyForm, now: number): Problems {
  const problems: Problems = {}
  if (form.name === '') problems.name = 'A key needs a name: it stands on each of its calls.'
  else if (!NAME.test(form.name)) problems.name = 'Letters, digits, dot, dash and underscore; at most 64.'
  const tag = form.tags.find((text) => !/^[^=\s]+=./.test(text))
  if (tag !== undefined) problems.tags = `“${tag}” is no tag: write name=value.`
  if (form.expiry === 'date' && !(new Date(form.date).getTime() > now)) problems.date = 'Choose a time to come.'
  const bad = form.limits.find(({ amount }) => !(Number(amount) > 0))
  if (bad) problems.limits = 'Each limit needs an amount above zero, or remove its row.'
  else if (form.limits.some(({ unit, amount }) => unit !== 'cost' && !Number.isInteger(Number(amount))))
    problems.limits = 'Requests, tokens and calls at once are whole numbers.'
  else if (
    form.limits.some(
      ({ per, unit, span }) =>
        per === 'rolling' && unit !== 'concurrency' && !/^\d+(\.\d+)?\s*(s|m|min|h|d)$/.test(span.trim()),
    )
  )
    problems.limits = 'A rolling window is written like 30m, 24h or 7d.'
  return problems
}

/** The server's mistakes by place: `json.limits.0.cost` belongs to the limits. What belongs nowhere is `rest`. */
export function fromErrors(errors: readonly { where: string; message: string }[]): {
  problems: Problems
  rest: string[]
} {
  const problems: Problems = {}
  const rest: string[] = []
  for (const { where, message } of errors) {
    const [first, ...path] = where.replace(/^json\.?/, '').split('.')
    const place = (first === 'expiresAt' ? 'date' : first) as keyof KeyForm
    const at = path.length > 0 && /^\d+$/.test(path[0]!) ? `${Number(path[0]) + 1}: ` : ''
    if (place in PLACES) problems[place] ??= at + message
    else rest.push(`${where}: ${message}`)
  }
  return { problems, rest }
}
const PLACES: Record<keyof KeyForm, true> = {
  name: true,
  owner: true,
  team: true,
  tags: true,
  providers: true,
  models: true,
  routes: true,
  ips: true,
  expiry: true,
  date: true,
  capture: true,
  disconnect: true,
  limits: true,
}
