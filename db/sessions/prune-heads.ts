/** A conversation that nobody went on with for a month is found no more; neither are the oldest of too many. */
import { asc } from 'drizzle-orm'
import type { Engine } from '../engine.ts'

const KEPT_MS = 30 * 86_400_000
/** Some 400 MB. */
const MOST = 1_000_000
const CHUNK = 2000

/** True when there are more. Heads lie in the order of their calls. */
export async function dropHeads({ db, tables: { heads }, atomic }: Engine, now: number): Promise<boolean> {
  const oldest = await db.select({ pk: heads.pk, at: heads.at }).from(heads).orderBy(asc(heads.pk)).limit(CHUNK)
  const tooMany = oldest.length === CHUNK ? (await db.$count(heads)) - MOST : 0
  const due = oldest.filter(({ at }, i) => at < now - KEPT_MS || i < tooMany)
  if (due.length > 0) await atomic([{ remove: 'heads', column: 'pk', values: due.map(({ pk }) => pk) }])
  return due.length === CHUNK
}
