/**
 * What limits have to know of the calls that are stored: requests, tokens and cost by scope within a window. Rows are told apart by
 * their number, which rises in the order of storing: whoever asks again with the last `upTo` gets what has come since, and no row twice.
 */
import { sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { UNCOUNTED_METHODS } from '../../server/policy/limits/counted.ts'
import { splitTag } from '../../server/policy/limits/scope.ts'
import type { ScopeKind } from '../../server/policy/limits/limit.ts'
import type { ReadDb } from '../engine.ts'

export interface SumQuestion {
  on: ScopeKind
  name: string | null
  /** Calls that started from `since` on and before `until`. */
  since: number
  until: number
  /** Only rows behind this one. */
  after: number
  /** Split into steps of this length; null: not at all. */
  slotMs: number | null
}

export interface ScopeSum {
  scope: string
  /** `startedAt / slotMs`, rounded down; 0 without steps. */
  slot: number
  requests: number
  tokens: number
  costNano: number
  unpriced: number
}

export interface LimitSums {
  upTo: number
  sums: ScopeSum[][]
}

export const limitSums = async (db: ReadDb, { questions }: { questions: SumQuestion[] }): Promise<LimitSums> => {
  const { calls } = db.tables
  const [last] = await db.db.select({ pk: sql<number>`coalesce(max(${calls.pk}), 0)`.mapWith(Number) }).from(calls)
  const upTo = last!.pk
  const sums: ScopeSum[][] = []
  for (const question of questions) sums.push(await sumScopes(db, question, upTo))
  return { upTo, sums }
}

async function sumScopes(db: ReadDb, question: SumQuestion, upTo: number): Promise<ScopeSum[]> {
  const { on, name, since, until, after, slotMs } = question
  if (since >= until || after >= upTo) return []
  const { calls } = db.tables
  const scope = scopeOf(db, on, name)
  const only = on === 'tag' ? splitTag(name!).value : name
  const add = (value: SQL) => sql<number>`coalesce(sum(${value}), 0)`.mapWith(Number)
  const rows = db.db
    .select({
      scope: scope.as('scope'),
      slot: (slotMs === null
        ? sql<number>`0`
        : sql<number>`${calls.startedAt} / ${sql.raw(String(Math.trunc(slotMs)))}`
      ).mapWith(Number),
      requests: sql<number>`count(*)`.mapWith(Number),
      // Nobody upstream has read or written anything for an answer from the cache.
      tokens: add(
        sql`case when ${calls.outcome} <> 'cache_hit' then coalesce(${calls.inputTokens}, 0) + coalesce(${calls.outputTokens}, 0) end`,
      ),
      costNano: add(sql`${calls.costNano}`),
      unpriced: add(sql`${calls.unpriced}`),
    })
    .from(calls)
    .where(
      sql`${calls.startedAt} >= ${since} and ${calls.startedAt} < ${until} and ${calls.pk} > ${after} and ${calls.pk} <= ${upTo}
        and ${calls.auxiliary} = false and ${calls.outcome} <> 'refused' and ${calls.method} not in (${UNCOUNTED})
        and ${only === null ? sql`${scope} is not null` : sql`${scope} = ${only}`}`,
    )
    .groupBy(sql`1`, sql`2`)
  return (await rows) as ScopeSum[]
}

const UNCOUNTED = sql.raw(UNCOUNTED_METHODS.map((method) => `'${method}'`).join(', '))

function scopeOf(db: ReadDb, on: ScopeKind, name: string | null): SQL<string> {
  const { calls, tags } = db.tables
  if (on === 'global') return sql<string>`''`
  if (on === 'tag')
    return sql<string>`(select ${tags.value} from ${tags} where ${tags.callPk} = ${calls.pk} and ${tags.name} = ${splitTag(name!).tag})`
  if (on === 'lane') return sql<string>`${calls.sessionId} || '/' || ${calls.lane}`
  return sql<string>`${on === 'session' ? calls.sessionId : calls[on]}`
}
