/** Sums and sketches straight from the rows, for filters that rollups do not know and for the ends of a range. */
import { and, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { ERRORS } from '../facts.ts'
import type { ReadDb } from '../engine.ts'
import type { Measure } from '../rollup/measures.ts'
import { LN_GAMMA, SMALLEST, addTo } from '../rollup/sketch.ts'
import type { Steps } from '../zones.ts'
import { createCells, firstStep, stepOf } from './cells.ts'
import type { By, Cell, Sums } from './cells.ts'

type Calls = ReadDb['tables']['calls']

export interface RowQuestion {
  where: SQL
  by: By | null
  steps: Steps | null
  /** Percentiles are asked for. */
  sketches: boolean
}

/** Rows in a scope, counted no further than `limit`. */
export const inScope = async (
  { db, tables: { calls } }: ReadDb,
  { where }: { where: SQL },
  limit: number,
): Promise<number> => {
  const found = db
    .select({ one: sql<number>`1`.as('one') })
    .from(calls)
    .where(where)
    .limit(limit)
    .as('found')
  const [row] = await db.select({ count: sql<number>`count(*)`.mapWith(Number) }).from(found)
  return row?.count ?? 0
}

export const sumRows = async (db: ReadDb, question: RowQuestion): Promise<Cell[]> => {
  const { calls } = db.tables
  const cells = createCells()
  const first = firstStep(question.steps)
  const name = nameOf(db, question.by)
  const step = stepOf(calls.startedAt, question.steps)
  const rows = await db.db
    .select({ name, step, ...sums(calls) })
    .from(calls)
    .where(question.where)
    .groupBy(sql`1`, sql`2`)
  for (const { name, step, ...values } of rows) Object.assign(cells.at(name, step - first).sums, values satisfies Sums)
  if (question.sketches) {
    for (const [column, into] of [
      [calls.timedMs, 'duration'],
      [calls.firstTokenMs, 'firstToken'],
    ] as const) {
      const bucket = sql<number>`cast(ceil(ln(case when ${column} > ${sql.raw(String(SMALLEST))} then ${column} else ${sql.raw(String(SMALLEST))} end) / ${sql.raw(String(LN_GAMMA))}) as integer)`
      const counted = await db.db
        .select({ name, step, bucket: bucket.mapWith(Number), count: sql<number>`count(*)`.mapWith(Number) })
        .from(calls)
        .where(and(question.where, sql`${column} is not null`, sql`${calls.auxiliary} = false`))
        .groupBy(sql`1`, sql`2`, sql`3`)
      for (const one of counted) addTo(cells.at(one.name, one.step - first)[into], one.bucket, one.count)
    }
  }
  return cells.all()
}

function nameOf(db: ReadDb, by: By | null): SQL<string | null> {
  const { calls, tags } = db.tables
  if (by === null) return sql<string | null>`null`
  if (by === 'model') return sql<string | null>`coalesce(${calls.responseModel}, ${calls.model})`
  if (by.startsWith('tag.'))
    return sql<
      string | null
    >`(select ${tags.value} from ${tags} where ${tags.callPk} = ${calls.pk} and ${tags.name} = ${by.slice(4)})`
  return sql<string | null>`${calls[by as Exclude<By, `tag.${string}` | 'model'>]}`
}

/** What `addCall` says, in SQL. */
const sums = (calls: Calls): Record<keyof Sums, SQL<number>> => {
  const sum = (value: unknown): SQL<number> => sql<number>`coalesce(sum(${value}), 0)`.mapWith(Number)
  const count = (condition: SQL): SQL<number> => sum(sql`case when ${condition} then 1 else 0 end`)
  const outcomeIn = (...outcomes: readonly string[]): SQL =>
    sql`${calls.outcome} in (${sql.raw(outcomes.map((one) => `'${one}'`).join(', '))})`
  const measures: Record<Measure, SQL<number>> = {
    calls: sql<number>`count(*)`.mapWith(Number),
    priced: count(sql`${calls.costNano} is not null`),
    costNano: sum(calls.costNano),
    listed: count(sql`${calls.listNano} is not null`),
    listNano: sum(calls.listNano),
    unpriced: sum(calls.unpriced),
    estimated: count(sql`${calls.usageSource} = 'estimated'`),
    estimatedNano: sum(sql`case when ${calls.usageSource} = 'estimated' then ${calls.costNano} end`),
    savedNano: sum(calls.savedNano),
    measured: count(sql`${calls.inputTokens} is not null`),
    inputTokens: sum(calls.inputTokens),
    outputTokens: sum(calls.outputTokens),
    input: sum(calls.input),
    cacheRead: sum(calls.cacheRead),
    cacheWrite: sum(calls.cacheWrite),
    output: sum(calls.output),
    reasoning: sum(calls.reasoning),
    speedTokens: sum(sql`case when ${calls.speedMs} is not null then ${calls.outputTokens} end`),
    speedMs: sum(calls.speedMs),
  }
  return {
    ...measures,
    errors: count(outcomeIn(...ERRORS)),
    refused: count(outcomeIn('refused')),
    aborted: count(outcomeIn('client_abort')),
    cacheHits: count(outcomeIn('cache_hit')),
  }
}
