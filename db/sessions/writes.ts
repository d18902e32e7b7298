/** What a batch changes about sessions: heads, calls that turned out to belong elsewhere, and the sums over all of it. */
import { inArray } from 'drizzle-orm'
import type { Engine, Write } from '../engine.ts'
import type { Move, SessionWrites } from '../store.ts'
import type { CallRow, HeadRow } from '../tables.ts'
import { foldSessions, type Folded } from './fold.ts'

const HEAD_COLUMNS = [
  'hash',
  'callId',
  'kind',
  'sessionId',
  'lane',
  'turn',
  'depth',
  'system',
  'tools',
  'cacheRead',
  'at',
  'continued',
] as const satisfies readonly (keyof HeadRow)[]

const NOTHING: SessionWrites = { heads: [], continued: [], released: [], moves: [] }

/** `taken` and `added`: rows that the batch replaces and stores. To be done after the calls are in. */
export async function sessionWrites(
  engine: Engine,
  { heads, continued, released, moves }: SessionWrites = NOTHING,
  taken: readonly CallRow[],
  added: readonly CallRow[],
): Promise<Write[]> {
  const writes: Write[] = []
  if (heads.length > 0) writes.push({ insert: 'heads', rows: heads, key: 'pk', update: HEAD_COLUMNS })
  if (continued.length > 0)
    writes.push({
      set: { continued: engine.kind === 'sqlite' ? 1 : true },
      table: 'heads',
      column: 'pk',
      values: continued,
    })
  if (released.length > 0) writes.push({ remove: 'heads', column: 'pk', values: released })
  const moved = moves.length > 0 ? await rowsOf(engine, moves, added) : []
  for (const { row, to } of moved) writes.push(...movement(row, to))
  const before: Folded[] = [...taken, ...moved.map(({ row }) => row)]
  const after: Folded[] = [...added, ...moved.map(({ row, to }) => ({ ...row, ...to }))]
  return [...writes, ...foldSessions(before, after)]
}

/** Calls of the batch itself are where they belong already. */
async function rowsOf({ db, tables: { calls } }: Engine, moves: readonly Move[], added: readonly CallRow[]) {
  const own = new Set(added.map(({ id }) => id))
  const wanted = new Map(moves.filter(({ callId }) => !own.has(callId)).map((move) => [move.callId, move]))
  if (wanted.size === 0) return []
  const rows = await db
    .select()
    .from(calls)
    .where(inArray(calls.id, [...wanted.keys()]))
  return rows.map((row) => ({ row, to: wanted.get(row.id)! }))
}

const MOVED = ['sessionId', 'sessionSource', 'parentId', 'lane', 'turn', 'newFrom', 'mark'] as const

function movement(row: CallRow, to: Move): Write[] {
  const changed = MOVED.filter((name) => row[name] !== to[name])
  return changed.map((name) => ({ set: { [name]: to[name] }, table: 'calls', column: 'pk', values: [row.pk] }))
}
