/**
 * A filter as conditions on sessions. Cost, tokens and duration are those of the whole session; every other term asks its calls: one
 * call must fit all that is wanted, and none may fit what is not. "Not set" means that no call has it.
 */
import { and, eq, sql } from 'drizzle-orm'
import type { AnyColumn, SQL } from 'drizzle-orm'
import type { ReadDb } from '../engine.ts'
import type { FilterTerm, ParsedFilter } from '../filter.ts'
import { alternatives, fieldOf } from '../filter.ts'
import { textSearch } from './text-search.ts'
import { compareNumber, compareText, jsonPart, toConditions } from './where.ts'

export const sessionConditions = (db: ReadDb, { terms, text }: ParsedFilter): SQL[] => {
  const { calls, sessions } = db.tables
  const own = terms.filter((term) => term.field in columnsOf(db) || isOwn(term.field))
  const asked = terms.filter((term) => !own.includes(term)).map(toAsked)
  const wanted = toConditions(
    db,
    asked.filter((it) => it.some).map((it) => it.term),
  )
  const conditions = own.map((term) => ownCondition(db, term))
  for (const { term, some } of asked) {
    if (some) continue
    const each = and(eq(calls.sessionId, sessions.id), ...toConditions(db, [term]))
    conditions.push(sql`not exists (select 1 from ${calls} where ${each})`)
  }
  if (text.length > 0) {
    const hits = textSearch(db, text)
    // From the hits to their sessions: a word stands in few calls, and asking each session would read them all.
    if (hits) {
      const found = and(sql`${calls.pk} in (${hits})`, ...wanted)
      conditions.push(sql`${sessions.id} in (select ${calls.sessionId} from ${calls} where ${found})`)
    } else conditions.push(sql`1 = 0`)
  } else if (wanted.length > 0) {
    const found = and(eq(calls.sessionId, sessions.id), ...wanted)
    conditions.push(sql`exists (select 1 from ${calls} where ${found})`)
  }
  return conditions
}

/** Said of calls: is one such call wanted (`some`), or must there be none? */
function toAsked(term: FilterTerm): { term: FilterTerm; some: boolean } {
  const unset = alternatives(term).every((value) => value === '')
  const turned = term.negated !== (term.op === '!=')
  const plain: FilterTerm = { ...term, negated: false, op: term.op === '!=' ? '=' : term.op }
  return unset ? { term: { ...plain, negated: true }, some: turned } : { term: plain, some: !turned }
}

const columnsOf = ({ tables: { sessions } }: ReadDb): Record<string, AnyColumn | SQL> => ({
  cost: sessions.costNano,
  tokens: sql`(${sessions.inputTokens} + ${sessions.outputTokens})`,
  input: sessions.inputTokens,
  output: sessions.outputTokens,
  duration: sql`(${sessions.lastAt} - ${sessions.startedAt})`,
})
const isOwn = (field: string): boolean => field === 'session' || field === 'unpriced' || field === 'finding'

function ownCondition(db: ReadDb, term: FilterTerm): SQL {
  const any = sql.join(
    alternatives(term).map((value) => sql`(${compareOwn(db, term, value)})`),
    sql` or `,
  )
  const turned = term.negated !== (term.op === '!=')
  return turned ? sql`not coalesce((${any}), false)` : sql`(${any})`
}

function compareOwn(db: ReadDb, term: FilterTerm, value: string): SQL {
  const { sessions } = db.tables
  if (term.field === 'session') return compareText(db, sessions.id, term.op === '~', value)
  if (term.field === 'unpriced')
    return /^(yes|true|1)$/i.test(value) ? sql`${sessions.unpriced} > 0` : sql`${sessions.unpriced} = 0`
  if (term.field === 'finding') return compareFinding(db, value)
  return compareNumber(columnsOf(db)[term.field]!, fieldOf(term.field)!.type, term, value)
}

/** By verdict, by rule or by id. */
function compareFinding(db: ReadDb, value: string): SQL {
  const { findings, sessions } = db.tables
  const own = sql`from ${findings} where ${findings.sessionId} = ${sessions.id} and ${findings.state} <> 'false_positive'`
  if (value === '') return sql`not exists (select 1 ${own})`
  const rule = sql`${findings.rules} like ${jsonPart(value)} escape '\\'`
  return sql`exists (select 1 ${own} and (${findings.verdict} = ${value} or ${findings.id} = ${value} or ${rule}))`
}
