/**
 * Content goes, but never what deltas of other calls refer to: such a row says from then on that it holds no call's content, and
 * its bytes stay until the last delta to them is gone. Written as questions and answers, so that SQLite asks them at once and
 * Postgres with promises. All in one transaction; on Postgres under a lock that no new delta slips through (postgres.ts).
 */

export interface Question {
  /** `$1`, `$2`: a number each; a list where `within` made the condition. */
  sql: string
  values: (number | readonly number[])[]
}

/** A row of an answer. Postgres writes large numbers as text. */
export type Answer = Record<string, number | string | null>

export interface Expire {
  /** Rows of content, by their call. */
  pks: readonly number[]
  /**
   * For each of these a new number of its own: what deltas refer to moves there, because the call is stored again under its old
   * number. Absent: it stays where it is.
   */
  to?: readonly number[]
}

const SIZE = 'coalesce(length(packed), 0) + coalesce(length(request), 0) + coalesce(length(response), 0) as size'

/** `within`: "is one of list n". Answers the bytes that were set free. */
export function* expire({ pks, to }: Expire, within: (n: number) => string): Generator<Question, number, Answer[]> {
  if (pks.length === 0) return 0
  const referred = yield {
    sql: `select distinct frame_pk as pk from payloads where frame_pk ${within(1)} and not (call_pk ${within(1)})`,
    values: [pks],
  }
  const stay = new Set(referred.map(({ pk }) => Number(pk)))
  const emptied = stay.size > 0 ? yield* empty([...stay], within) : 0
  if (to) for (const pk of stay) yield* move(pk, to[pks.indexOf(pk)]!)

  const gone = yield {
    sql: `delete from payloads where call_pk ${within(1)} returning frame_pk as pk, ${SIZE}`,
    values: [pks.filter((pk) => !stay.has(pk))],
  }
  const keys = new Set(gone.filter(({ pk }) => pk !== null).map(({ pk }) => Number(pk)))
  const unused = keys.size > 0 ? yield unusedKeys([...keys], within) : []
  return emptied + sumOf(gone) + sumOf(unused)
}

/** A large response is no part of what deltas refer to. */
function* empty(pks: number[], within: (n: number) => string): Generator<Question, number, Answer[]> {
  const where = `where call_pk ${within(1)}`
  const sizes = yield { sql: `select coalesce(length(response), 0) as size from payloads ${where}`, values: [pks] }
  yield { sql: `update payloads set stored = '[]', response = null ${where}`, values: [pks] }
  return sumOf(sizes)
}

function* move(from: number, to: number): Generator<Question, void, Answer[]> {
  yield { sql: 'update payloads set frame_pk = $2 where frame_pk = $1', values: [from, to] }
  yield { sql: 'update payloads set call_pk = $2 where call_pk = $1', values: [from, to] }
}

const unusedKeys = (keys: number[], within: (n: number) => string): Question => ({
  sql: `delete from payloads where call_pk ${within(1)} and stored = '[]'
    and not exists (select 1 from payloads d where d.frame_pk = payloads.call_pk) returning ${SIZE}`,
  values: [keys],
})

const sumOf = (rows: readonly Answer[]): number => rows.reduce((sum, { size }) => sum + Number(size), 0)

/** How many of these rows still hold the bytes that a delta was made against. */
export const keptQuestion = (keys: readonly number[], replaced: number, within: (n: number) => string): Question => ({
  sql: `select count(*) as kept from payloads where call_pk ${within(1)} and (codec & ${replaced}) = 0`,
  values: [keys],
})

const KEY_GONE = 'WEIR_KEY_GONE'

/** @throws when a key frame is gone: retention of another Weir was there first. The batch is to be made again. */
export const demandKept = (keys: readonly number[], [row]: readonly Answer[]): void => {
  if (Number(row?.['kept']) === keys.length) return
  throw Object.assign(new Error('A key frame that content refers to was removed meanwhile.'), { code: KEY_GONE })
}

export const isKeyGone = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === KEY_GONE
