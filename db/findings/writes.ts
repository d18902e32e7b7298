/** What a batch changes in the table of findings, and the question that detection asks of it. */
import { and, desc, eq, isNull, ne } from 'drizzle-orm'
import type { Finding } from '../../server/loops/finding.ts'
import type { ReadDb, Write } from '../engine.ts'
import type { RecordBatch } from '../store.ts'
import { NAME_MAX, toText } from '../text.ts'

/** All but `state`: a person may have changed it meanwhile. */
const RECORDED = ['verdict', 'rules', 'callIds', 'evidence', 'spentNano', 'action', 'firstAt', 'lastAt'] as const

export function findingWrites({ findings = [], evidence = [] }: RecordBatch): Write[] {
  const writes: Write[] = []
  if (findings.length > 0) writes.push({ insert: 'findings', rows: findings.map(toRow), key: 'id', update: RECORDED })
  for (const { id, callIds } of evidence)
    writes.push({ set: { findings: [id] }, table: 'calls', column: 'id', values: callIds })
  return writes
}

/** As the calls of the session have it: a row that a database refuses would hold up the recorder. */
const toRow = (finding: Finding): Finding => ({
  ...finding,
  sessionId: toText(finding.sessionId, NAME_MAX),
  lane: finding.lane === null ? null : toText(finding.lane, NAME_MAX),
})

/** The latest finding of a lane that is not resolved. */
export async function findingOf(
  { db, tables }: Pick<ReadDb, 'db' | 'tables'>,
  sessionId: string,
  lane: string | null,
): Promise<Finding | null> {
  const t = tables.findings
  const rows = await db
    .select()
    .from(t)
    .where(
      and(
        eq(t.sessionId, toText(sessionId, NAME_MAX)),
        lane === null ? isNull(t.lane) : eq(t.lane, toText(lane, NAME_MAX)),
        ne(t.state, 'resolved'),
      ),
    )
    .orderBy(desc(t.lastAt))
    .limit(1)
  return rows[0] ?? null
}
