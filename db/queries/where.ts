/** Terms of a filter as SQL conditions on the table of calls. What both databases understand alike; the full text is apart. */
import { sql } from 'drizzle-orm'
import type { AnyColumn, SQL } from 'drizzle-orm'
import type { FieldType, FilterTerm, Has } from '../filter.ts'
import { alternatives, fieldOf, toNumber, toRange } from '../filter.ts'
import type { ReadDb } from '../engine.ts'
import { idSearch } from './text-search.ts'

type Calls = ReadDb['tables']['calls']

/** All terms together. */
export const toConditions = (db: ReadDb, terms: readonly FilterTerm[]): SQL[] =>
  terms.map((term) => {
    const condition = toCondition(db, term)
    // null counts as "does not": NOT alone would drop the calls that have no value.
    return term.negated ? sql`not coalesce((${condition}), false)` : condition
  })

function toCondition(db: ReadDb, term: FilterTerm): SQL {
  const values = alternatives(term)
  const type = fieldOf(term.field)?.type ?? 'text'
  const any = sql.join(
    values.map((value) => sql`(${compare(db, term, type, value)})`),
    sql` or `,
  )
  return term.op === '!=' ? sql`not coalesce((${any}), false)` : sql`(${any})`
}

function compare(db: ReadDb, term: FilterTerm, type: FieldType, value: string): SQL {
  const { calls } = db.tables
  if (type === 'tag') return compareTag(db, term, value)
  if (type === 'flag') return compareFlag(calls, term.field, value)
  if (type !== 'text') return compareNumber(numberColumn(calls, term.field), type, term, value)
  if (term.field === 'has') return compareHas(calls, value)
  if (term.field === 'id') return compareId(db, value)
  if (term.field === 'finding') return sql`${calls.findings} like ${value === '' ? '[]' : jsonPart(value)} escape '\\'`
  return any(
    textColumns(calls, term).map((column) => compareText(db, column, term.op === '~', value)),
    value,
  )
}

/** Several columns: any may have the value, but "not set" means none is. */
const any = (conditions: SQL[], value: string): SQL => sql.join(conditions, value === '' ? sql` and ` : sql` or `)

/** Whole values are compared exactly; patterns and parts without regard to case (in SQLite: of ASCII letters). */
export const compareText = (
  db: Pick<ReadDb, 'kind'>,
  column: AnyColumn | SQL,
  contains: boolean,
  value: string,
): SQL => {
  if (value === '') return sql`${column} is null`
  if (!contains && !value.includes('*')) return sql`${column} = ${value}`
  const pattern = contains ? `%${like(value)}%` : like(value).replaceAll('*', '%')
  return db.kind === 'sqlite' ? sql`${column} like ${pattern} escape '\\'` : sql`${column} ilike ${pattern} escape '\\'`
}

const like = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

/** A string as it stands inside a JSON array, as a part of the whole text. */
export const jsonPart = (value: string): string => {
  const inside = like(JSON.stringify(value).slice(1, -1))
  return value.endsWith('*') ? `%"${inside.slice(0, -1)}%` : `%"${inside}"%`
}

function textColumns(calls: Calls, { field, op }: FilterTerm): AnyColumn[] {
  const columns: Record<string, AnyColumn[]> = {
    model: [calls.model, calls.responseModel],
    provider: [calls.provider],
    outcome: [calls.outcome],
    error: op === '~' ? [calls.errorCode, calls.errorMessage] : [calls.errorCode],
    finish: [calls.finishReason],
    key: [calls.key],
    team: [calls.team],
    user: [calls.user],
    app: [calls.app],
    session: [calls.sessionId],
    route: [calls.route],
    target: [calls.target],
    dialect: [calls.dialect],
    operation: [calls.operation],
    cache: [calls.cache],
    billing: [calls.billing],
    usage: [calls.usageSource],
  }
  return columns[field] ?? unknown(field)
}

const numberColumn = (calls: Calls, field: string): AnyColumn | SQL =>
  ({
    status: calls.status,
    cost: calls.costNano,
    tokens: sql`(${calls.inputTokens} + ${calls.outputTokens})`,
    input: calls.inputTokens,
    output: calls.outputTokens,
    duration: calls.durationMs,
    ttft: calls.firstTokenMs,
  })[field] ?? unknown(field)

const unknown = (field: string): never => {
  throw new Error(`the filter field ${field} has no column`)
}

export function compareNumber(column: AnyColumn | SQL, type: FieldType, { op, field }: FilterTerm, value: string): SQL {
  if (value === '') return sql`${column} is null`
  const range = field === 'status' && /^[1-5]xx$/i.test(value) ? statusRange(value) : toRange(type, value)
  if (range) {
    const low = range.from === null ? sql`${column} is not null` : sql`${column} >= ${number(range.from)}`
    return range.to === null ? low : sql`${low} and ${column} <= ${number(range.to)}`
  }
  const sign = { '>': sql`>`, '>=': sql`>=`, '<': sql`<`, '<=': sql`<=`, '=': sql`=`, '!=': sql`=`, '~': sql`=` }[op]
  return sql`${column} ${sign} ${number(toNumber(type, value) ?? 0)}`
}

const statusRange = (value: string) => ({ from: Number(value[0]) * 100, to: Number(value[0]) * 100 + 99 })

/** Written into the SQL: Postgres would take a parameter's type from the other side, and refuse 0.5 beside an integer column. */
export const number = (value: number): SQL => sql.raw(Number.isFinite(value) ? String(value) : '0')

function compareFlag(calls: Calls, field: string, value: string): SQL {
  const yes = /^(yes|true|1)$/i.test(value)
  if (field === 'unpriced') return sql`${calls.unpriced} = ${number(yes ? 1 : 0)}`
  const column = field === 'auxiliary' ? calls.auxiliary : calls.stream
  if (value === '') return sql`${column} is null`
  return sql`${column} = ${sql.raw(yes ? 'true' : 'false')}`
}

function compareTag(db: ReadDb, term: FilterTerm, value: string): SQL {
  const { calls, tags } = db.tables
  const name = term.field.slice('tag.'.length)
  const own = sql`from ${tags} where ${tags.callPk} = ${calls.pk} and ${tags.name} = ${name}`
  if (value === '') return sql`not exists (select 1 ${own})`
  return sql`exists (select 1 ${own} and ${compareText(db, tags.value, term.op === '~', value)})`
}

function compareHas(calls: Calls, value: string): SQL {
  const conditions: Record<Has, SQL> = {
    tools: sql`${calls.tools} <> '[]'`,
    toolcalls: sql`${calls.toolCalls} <> '[]'`,
    error: sql`${calls.errorCode} is not null or ${calls.outcome} in ('error', 'upstream_abort', 'timeout', 'interrupted')`,
    reasoning: sql`${calls.reasoning} > 0`,
    images: sql`${calls.usage} like '%"image%'`,
    audio: sql`${calls.usage} like '%"audio%'`,
    cost: sql`${calls.costNano} is not null`,
    sessions: sql`${calls.sessionId} is not null`,
    feedback: sql`${calls.feedback} is not null`,
    truncated: sql`${calls.truncated} = true`,
    changes: sql`${calls.changes} <> '[]'`,
    content: sql`${calls.content} = 'kept'`,
  }
  return Object.hasOwn(conditions, value) ? conditions[value as Has] : sql`1 = 0`
}

function compareId(db: ReadDb, value: string): SQL {
  const { calls } = db.tables
  return sql`${calls.id} = ${value} or ${calls.sessionId} = ${value} or ${calls.pk} in (${idSearch(db, value)})`
}
