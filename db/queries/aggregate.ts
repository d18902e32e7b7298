/**
 * Where figures come from: rollups for whole buckets, rows for the ends of the range and for whatever rollups do not know, and
 * the same answer either way. Housekeeping calls are left out unless the filter asks for them.
 */
import { and, eq } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import { parseFilter } from '../filter.ts'
import { MINUTE, MINUTES_KEPT, QUARTER } from '../rollup/rollups.ts'
import type { Steps } from '../zones.ts'
import { createCells } from './cells.ts'
import type { By, Cell } from './cells.ts'
import { planRollups, sumRollups, wasFolded } from './rollup-sums.ts'
import type { Buckets, RollupPlan } from './rollup-sums.ts'
import { createScope } from './scope.ts'
import { sumRows } from './row-sums.ts'

export interface Question {
  q: string
  from: number
  to: number
  by: By | null
  steps: Steps | null
  /** Percentiles are asked for. */
  sketches: boolean
  now?: number
}

export interface Figures {
  cells: Cell[]
  exact: boolean
  incomplete: string | null
}

/** Rows at each end of the range that are read rather than rounded. */
const EDGE_MAX = 20_000

export const aggregate = async (db: ReadDb, question: Question): Promise<Figures> => {
  const { terms, text, problems } = parseFilter(question.q)
  const own = terms.some(({ field }) => field === 'auxiliary')
    ? []
    : [{ field: 'auxiliary', op: '=' as const, value: 'no', negated: false }]
  const plan = text.length > 0 || problems.length > 0 ? null : planRollups([...terms, ...own], question.by)
  const buckets = plan && bucketsOf(question, plan)
  if (!plan || !buckets) return fromRows(db, question, question.from, question.to)
  if (await wasFolded(db, plan, buckets)) {
    const rows = await fromRows(db, question, question.from, question.to)
    if (rows.exact) return rows
    const folded = await fromRollups(db, question, plan, buckets)
    return {
      ...folded,
      exact: false,
      incomplete: 'there were too many different values: some are only counted among the others',
    }
  }
  return fromRollups(db, question, plan, buckets)
}

async function fromRollups(db: ReadDb, question: Question, plan: RollupPlan, buckets: Buckets): Promise<Figures> {
  const cells = createCells()
  cells.merge(await sumRollups(db, plan, buckets, question.steps, question.sketches))
  const reasons: string[] = []
  for (const [from, to] of [
    [question.from, buckets.from],
    [buckets.to, question.to],
  ] as const) {
    if (from >= to) continue
    const edge = await fromRows(db, question, from, to, EDGE_MAX)
    cells.merge(edge.cells)
    if (edge.incomplete) reasons.push(`at the end of the range, ${edge.incomplete}`)
  }
  return { cells: cells.all(), exact: reasons.length === 0, incomplete: reasons[0] ?? null }
}

async function fromRows(db: ReadDb, question: Question, from: number, to: number, limit?: number): Promise<Figures> {
  const { calls } = db.tables
  const scope = await createScope(db, question.q, { from, to }, { limit, always: true })
  const asksAuxiliary = scope.filter.terms.some(({ field }) => field === 'auxiliary')
  const where = and(scope.where, asksAuxiliary ? undefined : eq(calls.auxiliary, false))!
  const { incomplete } = scope
  const cells = await sumRows(db, { where, by: question.by, steps: question.steps, sketches: question.sketches })
  return { cells, exact: incomplete === null, incomplete }
}

/** The part of the range that whole buckets cover; null: none, or steps finer than the rollups that are there. */
function bucketsOf({ from, to, steps, now = Date.now() }: Question, plan: RollupPlan): Buckets | null {
  const fine = steps !== null && steps.step < QUARTER
  // Minutes are not kept by user and tag.
  if (fine && plan.usesFacet) return null
  if (fine && from < now - MINUTES_KEPT + MINUTE) return null
  const step = fine ? MINUTE : QUARTER
  // Nothing has started later than now: the bucket that is still filling counts as whole.
  const buckets = { step, from: Math.ceil(from / step) * step, to: Math.floor(to / step) * step }
  if (to >= now) buckets.to = Math.ceil(to / step) * step
  return buckets.from < buckets.to ? buckets : null
}
