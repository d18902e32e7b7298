/** Sums and sketches from the rollups: which filters they can answer, and the answer over whole buckets. */
import { and, eq, gte, inArray, isNotNull, lt, or, sql } from 'drizzle-orm'
import type { AnyColumn, SQL } from 'drizzle-orm'
import { ERRORS } from '../facts.ts'
import { alternatives } from '../filter.ts'
import type { FilterTerm } from '../filter.ts'
import type { ReadDb } from '../engine.ts'
import { MEASURES } from '../rollup/measures.ts'
import { ALL, FOLDED, MARK, MODELS } from '../rollup/rollups.ts'
import { mergeBytes } from '../rollup/sketch.ts'
import type { Steps } from '../zones.ts'
import { createCells, firstStep, stepOf } from './cells.ts'
import type { By, Cell, Sums } from './cells.ts'
import { compareText } from './where.ts'

type Rollups = ReadDb['tables']['rollups']

/** Dimensions of every rollup, and those that only the base has. */
const ALWAYS = new Set(['provider', 'model', 'outcome', 'auxiliary'])
const BASE = new Set(['key', 'team', 'app'])

export interface RollupPlan {
  /** The smallest facet that holds what filter and split use; '': the base, with all dimensions. */
  facet: string
  /** A user or a tag is asked for. */
  usesFacet: boolean
  /** The split is by the facet, and calls without a value must be found by taking the rest from the base. */
  remainder: boolean
  terms: readonly FilterTerm[]
  by: By | null
  /** Folding in these facets may falsify the answer; sums over everything stay right. */
  sensitive: string[]
}

/** null: only the rows can tell. */
export const planRollups = (terms: readonly FilterTerm[], by: By | null): RollupPlan | null => {
  const used = [...terms.map(({ field }) => field), ...(by ? [by] : [])]
  const facets = [...new Set(used.filter(isFacet))]
  if (!used.every((field) => isFacet(field) || ALWAYS.has(field) || BASE.has(field)) || facets.length > 1) return null
  const [facet = commonFacet(used)] = facets
  if (facets.length > 0 && used.some((field) => BASE.has(field))) return null
  const asked = terms.filter(({ field }) => isFacet(field))
  // Calls without the value have no row in the facet.
  if (asked.some((term) => term.negated || term.op === '!=' || alternatives(term).includes(''))) return null
  const split = used.filter((field) => field !== 'outcome' && field !== 'auxiliary')
  return {
    facet,
    usesFacet: facets.length > 0,
    remainder: by !== null && isFacet(by) && asked.length === 0,
    terms,
    by,
    sensitive: split.length > 0 ? [facet, FOLDED] : [],
  }
}

/** For filters and splits without user and tags. */
const commonFacet = (used: readonly string[]): string => {
  if (used.some((field) => BASE.has(field))) return ''
  return used.every((field) => field === 'outcome' || field === 'auxiliary') ? ALL : MODELS
}

const isFacet = (field: string): boolean => field === 'user' || field.startsWith('tag.')

export interface Buckets {
  step: number
  /** Both on a bucket's edge. */
  from: number
  to: number
}

export const sumRollups = async (
  db: ReadDb,
  plan: RollupPlan,
  buckets: Buckets,
  steps: Steps | null,
  sketches: boolean,
): Promise<Cell[]> => {
  const cells = await sumFacet(db, plan, buckets, steps, sketches)
  if (!plan.remainder) return cells
  const rest = createCells()
  const base = await sumFacet(
    db,
    { ...plan, facet: commonFacet(plan.terms.map(({ field }) => field)), by: null },
    buckets,
    steps,
    sketches,
  )
  rest.merge(base)
  rest.merge(cells, -1, () => null)
  return [...cells, ...rest.all().filter((cell) => cell.sums.calls > 0)]
}

async function sumFacet(
  { db, kind, tables: { rollups } }: ReadDb,
  { facet, by, terms }: RollupPlan,
  { step, from, to }: Buckets,
  steps: Steps | null,
  sketches: boolean,
): Promise<Cell[]> {
  const cells = createCells()
  const first = firstStep(steps)
  const name = by === null ? sql<string>`''` : sql<string>`${isFacet(by) ? rollups.value : rollups[by as 'model']}`
  const at = stepOf(rollups.bucket, steps)
  const where = and(
    eq(rollups.step, step),
    eq(rollups.facet, facet),
    gte(rollups.bucket, from),
    lt(rollups.bucket, to),
    ...terms.map((term) => toCondition(kind, rollups, term)),
  )
  const rows = await db
    .select({ name, at, ...sums(rollups) })
    .from(rollups)
    .where(where)
    .groupBy(sql`1`, sql`2`)
  for (const { name, at, ...values } of rows)
    Object.assign(cells.at(name === '' ? null : name, at - first).sums, values satisfies Sums)
  if (!sketches) return cells.all()
  const blobs = await db
    .select({ name, at, duration: rollups.duration, firstToken: rollups.firstToken })
    .from(rollups)
    .where(and(where, or(isNotNull(rollups.duration), isNotNull(rollups.firstToken))))
  for (const { name, at, duration, firstToken } of blobs) {
    const cell = cells.at(name === '' ? null : name, at - first)
    mergeBytes(cell.duration, duration)
    mergeBytes(cell.firstToken, firstToken)
  }
  return cells.all()
}

/** Whether values that the plan needs were folded in these buckets. */
export const wasFolded = async (
  { db, tables: { rollups } }: ReadDb,
  { sensitive }: RollupPlan,
  { step, from, to }: Buckets,
): Promise<boolean> => {
  if (sensitive.length === 0) return false
  const rows = await db
    .select({ pk: rollups.pk })
    .from(rollups)
    .where(
      and(
        eq(rollups.step, step),
        eq(rollups.facet, MARK),
        gte(rollups.bucket, from),
        lt(rollups.bucket, to),
        inArray(rollups.value, sensitive),
      ),
    )
    .limit(1)
  return rows.length > 0
}

function toCondition(kind: ReadDb['kind'], rollups: Rollups, term: FilterTerm): SQL {
  const columns = columnsOf(rollups, term.field)
  const conditions = alternatives(term).map((value) => {
    if (term.field === 'auxiliary')
      return sql`${rollups.auxiliary} = ${sql.raw(/^(yes|true|1)$/i.test(value) ? '1' : '0')}`
    if (value === '') return sql`${columns[0]!} = ''`
    return or(
      ...columns.map((column) => sql`(${column} <> '' and ${compareText({ kind }, column, term.op === '~', value)})`),
    )!
  })
  const any = or(...conditions)!
  return term.negated !== (term.op === '!=') ? sql`not (${any})` : any
}

function columnsOf(rollups: Rollups, field: string): AnyColumn[] {
  if (isFacet(field)) return [rollups.value]
  return field === 'model' ? [rollups.model, rollups.asked] : [rollups[field as 'provider']]
}

const sums = (rollups: Rollups): Record<keyof Sums, SQL<number>> => {
  const sum = (value: unknown): SQL<number> => sql<number>`coalesce(sum(${value}), 0)`.mapWith(Number)
  const of = (...outcomes: readonly string[]): SQL<number> =>
    sum(
      sql`case when ${rollups.outcome} in (${sql.raw(outcomes.map((one) => `'${one}'`).join(', '))}) then ${rollups.calls} else 0 end`,
    )
  return {
    ...(Object.fromEntries(MEASURES.map((name) => [name, sum(rollups[name])])) as Record<
      (typeof MEASURES)[number],
      SQL<number>
    >),
    errors: of(...ERRORS),
    refused: of('refused'),
    aborted: of('client_abort'),
    cacheHits: of('cache_hit'),
  }
}
