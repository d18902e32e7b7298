/** What a key may, in a few words, and which budgets are its own. */
import type { BudgetItem, KeyItem } from '../../lib/control.ts'

const MOST = 2
/** `gpt-5*, claude-*` or `5 models`; null: no bound. */
const few = (list: readonly string[] | null, kind: string): string | null =>
  list === null ? null : list.length <= MOST ? list.join(', ') || `no ${kind}` : `${list.length} ${kind}`

export const toRights = (key: KeyItem): string =>
  [few(key.providers, 'providers'), few(key.models, 'models'), key.routes && `routes ${few(key.routes, 'routes')}`]
    .filter(Boolean)
    .join(' · ') || 'everything'

export const budgetsOf = (items: readonly BudgetItem[], name: string): BudgetItem[] =>
  items.filter(({ limit, scope }) => limit.on === 'key' && scope === name)

const ORDER = { active: 0, expired: 1, revoked: 2 }
/** Those in use first, the latest used on top; what is over sinks. */
export const sorted = (keys: readonly KeyItem[]): KeyItem[] =>
  keys.toSorted(
    (a, b) =>
      ORDER[a.state] - ORDER[b.state] || (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0) || a.name.localeCompare(b.name),
  )

export const toStateText = (key: KeyItem): { text: string; tone: 'good' | 'warn' | 'dim' } =>
  key.state === 'revoked'
    ? { text: 'revoked', tone: 'dim' }
    : key.state === 'expired'
      ? { text: 'expired', tone: 'warn' }
      : { text: 'active', tone: 'good' }
