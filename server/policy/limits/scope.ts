/** Whom a limit counts: the value that a call has for it, from the live call before it goes on or from its row. */
import type { Limit, ScopeKind } from './limit.ts'

/** What limits can be on, of a call that asks or of one that is stored. */
export interface Scopes {
  key: string | null
  team: string | null
  user: string | null
  tags: Readonly<Record<string, string>>
  route: string | null
  model: string | null
  provider: string | null
  sessionId: string | null
  /** One agent of the session. */
  lane: string | null
}

const VALUES: Record<Exclude<ScopeKind, 'tag'>, (of: Scopes) => string | null> = {
  global: () => '',
  key: ({ key }) => key,
  team: ({ team }) => team,
  user: ({ user }) => user,
  route: ({ route }) => route,
  model: ({ model }) => model,
  provider: ({ provider }) => provider,
  session: ({ sessionId }) => sessionId,
  lane: ({ sessionId, lane }) => (sessionId === null || lane === null ? null : `${sessionId}/${lane}`),
}

/** The counter's name for a call; null: this limit does not concern it. */
export function createScope({ on, name }: Pick<Limit, 'on' | 'name'>): (of: Scopes) => string | null {
  if (on === 'tag') return tagScope(name!)
  const valueOf = VALUES[on]
  if (name === undefined) return valueOf
  return (of) => (valueOf(of) === name ? name : null)
}

function tagScope(name: string): (of: Scopes) => string | null {
  const { tag, value } = splitTag(name)
  if (value === null) return ({ tags }) => tags[tag] ?? null
  return ({ tags }) => (tags[tag] === value ? value : null)
}

export function splitTag(name: string): { tag: string; value: string | null } {
  const cut = name.indexOf('=')
  return cut < 0 ? { tag: name, value: null } : { tag: name.slice(0, cut), value: name.slice(cut + 1) }
}

/** `team "search"`, `tag feature=search`, `all calls`. */
export function scopeText({ on, name }: Pick<Limit, 'on' | 'name'>, value: string): string {
  if (on === 'global') return 'all calls'
  return on === 'tag' ? `tag ${splitTag(name!).tag}=${value}` : `${on} "${value}"`
}
