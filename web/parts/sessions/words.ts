/** What a session is called, and what its findings are called in one word. */
import type { SessionFinding, SessionItem } from '../../lib/sessions.ts'

/** Ids made by Weir (`s-` and a call's id) or by a machine say nothing to a person: their beginning is enough to tell them apart. */
const MADE =
  /^(?:(?:s-)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|(?:conv|resp|sess|ses|thread)[-_][\w-]{16,})$/i

export const toName = (id: string): string => (MADE.test(id) ? `${id.replace(/^s-/, '').slice(0, 13)}…` : id)

/** `found from the conversation`, `named by x-weir-session`. */
export const toSource = (source: string | null): string => {
  if (!source) return ''
  if (/conversation|history|chain|prefix|content/.test(source)) return 'found from the conversation'
  return source.startsWith('header ') ? `named by ${source.slice(7)}` : `named by ${source}`
}

const RANK: Record<string, number> = { watch: 0, looping: 1, runaway: 2 }
const rank = (verdict: string): number => RANK[verdict] ?? 0

/** The worst finding that still stands, else null. */
export const worstOf = (findings: readonly SessionFinding[]): SessionFinding | null =>
  findings
    .filter(({ state }) => state === 'open' || state === 'muted')
    .reduce<SessionFinding | null>(
      (worst, one) => (worst === null || rank(one.verdict) > rank(worst.verdict) ? one : worst),
      null,
    )

export const toneOf = (verdict: string): 'bad' | 'warn' | '' =>
  verdict === 'runaway' ? 'bad' : verdict === 'looping' ? 'warn' : ''

/** Whom it belongs to, as much as is known: application, end user, key. */
export const toWho = ({ app, user, key }: Pick<SessionItem, 'app' | 'user' | 'key'>): string =>
  [app, user, key].filter((name, i, all) => name !== null && all.indexOf(name) === i).join(' · ')
