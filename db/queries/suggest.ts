/** Real values for the filter bar's autocompletion, most used first. From rollups where they know the field, else from the newest rows. */
import { and, desc, eq, gte, lt, ne, sql } from 'drizzle-orm'
import type { AnyColumn, SQL } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { fieldOf } from '../filter.ts'
import { FOLDED, MODELS, QUARTER } from '../rollup/rollups.ts'
import { createScope } from './scope.ts'

export interface SuggestArgs {
  /** A field of the filter grammar, or `tag` for the names of tags. */
  field: string
  /** The beginning or a part of the value. */
  prefix?: string
  from?: number | null
  to?: number | null
  limit?: number
}

export interface Suggestions {
  values: { value: string; calls: number }[]
}

/** A month: what nobody used in it is not worth the reading. */
const LOOK_BACK = 30 * 86_400_000
const ROWS_LOOKED_AT = 20_000

export const suggest = async (db: ReadDb, args: SuggestArgs): Promise<Suggestions> => {
  const { field, prefix = '' } = args
  const to = args.to ?? Date.now() + QUARTER
  const from = Math.max(args.from ?? 0, to - LOOK_BACK)
  const limit = Math.min(Math.max(1, args.limit ?? 20), 100)
  const known = fieldOf(field)
  if (field !== 'tag' && known?.values)
    return { values: known.values.filter((value) => value.includes(prefix)).map((value) => ({ value, calls: 0 })) }
  const { rollups } = db.tables
  const column = rollupColumn(db, field)
  if (!column) return suggestFromRows(db, field, prefix, from, to, limit)
  const facet =
    field === 'user' || field.startsWith('tag.')
      ? eq(rollups.facet, field)
      : field === 'tag'
        ? sql`${rollups.facet} like 'tag.%'`
        : eq(rollups.facet, field === 'model' || field === 'provider' ? MODELS : '')
  const calls = sql<number>`sum(${rollups.calls})`.mapWith(Number)
  const rows = await db.db
    .select({ value: sql<string>`${column}`, calls })
    .from(rollups)
    .where(
      and(
        eq(rollups.step, QUARTER),
        facet,
        gte(rollups.bucket, from - QUARTER),
        lt(rollups.bucket, to),
        contains(db, column, prefix),
        ne(column, ''),
        ne(column, FOLDED),
      ),
    )
    .groupBy(sql`1`)
    .orderBy(desc(calls))
    .limit(limit)
  return {
    values: rows.map(({ value, calls }) => ({ value: field === 'tag' ? value.slice('tag.'.length) : value, calls })),
  }
}

function rollupColumn({ tables: { rollups } }: ReadDb, field: string): AnyColumn | null {
  if (field === 'tag') return rollups.facet
  if (field === 'user' || field.startsWith('tag.')) return rollups.value
  return (
    { provider: rollups.provider, model: rollups.model, key: rollups.key, team: rollups.team, app: rollups.app }[
      field
    ] ?? null
  )
}

async function suggestFromRows(
  db: ReadDb,
  field: string,
  prefix: string,
  from: number,
  to: number,
  limit: number,
): Promise<Suggestions> {
  const { calls } = db.tables
  const column: AnyColumn | undefined = {
    status: calls.status,
    error: calls.errorCode,
    finish: calls.finishReason,
    session: calls.sessionId,
    route: calls.route,
    target: calls.target,
    dialect: calls.dialect,
    operation: calls.operation,
  }[field]
  if (!column) return { values: [] }
  const scope = await createScope(db, '', { from, to }, { limit: ROWS_LOOKED_AT, always: true })
  const count = sql<number>`count(*)`.mapWith(Number)
  const rows = await db.db
    .select({ value: sql<string>`${column}`, calls: count })
    .from(calls)
    .where(and(scope.where, sql`${column} is not null`, field === 'status' ? undefined : contains(db, column, prefix)))
    .groupBy(sql`1`)
    .orderBy(desc(count))
    .limit(limit)
  return {
    values: rows
      .map(({ value, calls }) => ({ value: String(value), calls }))
      .filter(({ value }) => field !== 'status' || value.startsWith(prefix)),
  }
}

/** Anywhere in the value: models are known by their middle. */
function contains({ kind }: ReadDb, column: AnyColumn, prefix: string): SQL | undefined {
  if (prefix === '') return undefined
  const pattern = `%${prefix.replace(/[\\%_]/g, '\\$&')}%`
  return kind === 'sqlite' ? sql`${column} like ${pattern} escape '\\'` : sql`${column} ilike ${pattern} escape '\\'`
}
