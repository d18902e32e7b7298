/**
 * The filter grammar of the dashboard's bar and of every `q=`: typed terms and free text, one line. Pure, so that database,
 * API and dashboard read a filter alike.
 *
 *   model:gpt-* status:>=500 cost:>0.1 tag.feature:search -provider:openai outcome:error,timeout user:"" "refund policy" word
 *
 * A comma means any of, `*` stands for anything, `~` means contains, `""` means not set, a leading `-` turns a term around.
 */
import { FIELDS, fieldOf } from './fields.ts'
import type { Field, FieldType } from './fields.ts'

export { FIELDS, HAS, fieldOf } from './fields.ts'
export type { Field, FieldType, Has } from './fields.ts'

export type Op = '=' | '!=' | '>' | '>=' | '<' | '<=' | '~'

export interface FilterTerm {
  field: string
  op: Op
  /** As written after the operator, quotes included; `alternatives` takes it apart. */
  value: string
  negated: boolean
}

export interface Filter {
  terms: FilterTerm[]
  /** Words and phrases; a call must have them all. */
  text: string[]
}

export interface ParsedFilter extends Filter {
  /** What could not be understood, one sentence each. Such a term is left out, so nothing may be shown without saying so. */
  problems: string[]
}

/** No filter that a person writes is longer; a longer one is refused rather than half read. */
export const MAX_FILTER_LENGTH = 4000
const MAX_TERMS = 50

/** A piece of `q`: anything up to white space, where quotes hold white space together. */
const PIECE = /(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/gsu
const TERM = /^(-?)([a-z]+(?:\.[^\s:"]+)?):(.*)$/su
const OPERATOR = /^(>=|<=|!=|>|<|~|=)?(.*)$/su
const UNSET = new Set<Op>(['=', '!='])

export const parseFilter = (q: string): ParsedFilter => {
  const filter: ParsedFilter = { terms: [], text: [], problems: [] }
  if (q.length > MAX_FILTER_LENGTH) {
    filter.problems.push(`the filter is ${q.length} characters long; ${MAX_FILTER_LENGTH} is the most that is read`)
    return filter
  }
  for (const [piece] of q.matchAll(PIECE)) readPiece(piece, filter)
  if (filter.terms.length + filter.text.length > MAX_TERMS) {
    filter.problems.push(`more than ${MAX_TERMS} conditions; the rest is left out`)
    filter.terms.length = Math.min(filter.terms.length, MAX_TERMS)
    filter.text.length = Math.min(filter.text.length, MAX_TERMS - filter.terms.length)
  }
  return filter
}

/** The same filter as one line; parsing it again gives the same terms. */
export const formatFilter = ({ terms, text }: Filter): string =>
  [...terms.map(formatTerm), ...text.map((word) => (isPlainWord(word) ? word : quote(word)))].join(' ')

/** The values of a term that is true for any of them: split at commas outside quotes, quotes taken off. */
export const alternatives = (term: Pick<FilterTerm, 'value'>): string[] => {
  const parts = term.value.match(/(?:"(?:[^"\\]|\\.)*"?|[^",])+/gsu) ?? ['']
  return parts.map(unquote)
}

/** A value so that the parser reads it back unchanged, quoted where it must be. */
export const quoteValue = (value: string): string =>
  /^[^\s",><=~!*\\-][^\s",*\\]*$/u.test(value) ? value : quote(value)

/**
 * A number in the unit that the database keeps: money (US dollars) in nano-dollars, durations in milliseconds, tokens and
 * numbers as they are, `10k` and `1.5M` understood. null: not a number of this kind.
 */
export const toNumber = (type: FieldType, text: string): number | null => {
  const match = /^\$?(-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?)\s*([a-zµ]*)$/iu.exec(text.trim())
  if (!match) return null
  const unit = UNITS[type]?.[match[2]!] ?? (match[2] === '' ? (type === 'money' ? 1e9 : 1) : null)
  const value = unit === null ? Number.NaN : Number(match[1]) * unit
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return null
  return type === 'money' ? Math.round(value) : value
}

/** `10..20` as its two ends, either of which may be missing; null when it is no range. */
export const toRange = (type: FieldType, text: string): { from: number | null; to: number | null } | null => {
  const [low, high, rest] = text.split('..')
  if (low === undefined || high === undefined || rest !== undefined || (low === '' && high === '')) return null
  const from = low === '' ? null : toNumber(type, low)
  const to = high === '' ? null : toNumber(type, high)
  return (low !== '' && from === null) || (high !== '' && to === null) ? null : { from, to }
}

const COUNTS = { k: 1e3, K: 1e3, m: 1e6, M: 1e6, g: 1e9, G: 1e9 }
const UNITS: Partial<Record<FieldType, Record<string, number>>> = {
  duration: { us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 60e3, min: 60e3, h: 3600e3, d: 86_400e3 },
  tokens: COUNTS,
  number: COUNTS,
}

function readPiece(piece: string, filter: ParsedFilter): void {
  const match = TERM.exec(piece)
  const field = match && fieldOf(match[2]!)
  if (!match || match[3]!.startsWith('//')) return readText(piece, filter)
  if (!field) {
    filter.problems.push(
      `there is no field “${match[2]}”${nearest(match[2]!)}; to search for the text, put it in quotes`,
    )
    return
  }
  const [, op = '=', value = ''] = OPERATOR.exec(match[3]!)!
  const term: FilterTerm = { field: match[2]!, op: op as Op, value, negated: match[1] === '-' }
  const problem = checkTerm(term, field)
  if (problem) filter.problems.push(problem)
  else filter.terms.push(term)
}

function readText(piece: string, filter: ParsedFilter): void {
  const text = unquote(piece).trim()
  if (text !== '') filter.text.push(text)
}

function checkTerm(term: FilterTerm, field: Field): string | null {
  const name = `${term.field}:`
  if (term.value === '')
    return `${name} needs a value, such as ${name}${example(field)}; ${name}"" finds calls without one`
  for (const value of alternatives(term)) {
    if (value === '' && UNSET.has(term.op)) continue
    const problem = checkValue(term, field, value)
    if (problem) return `${name} ${problem}`
  }
  return null
}

function checkValue(term: FilterTerm, field: Field, value: string): string | null {
  const { type, values } = field
  if (type === 'flag') return FLAG.test(value) && UNSET.has(term.op) ? null : `takes yes or no, not “${value}”`
  if (type === 'text' || type === 'tag') {
    if (!UNSET.has(term.op) && term.op !== '~') return `is text and cannot be compared with ${term.op}`
    if (!values || term.op === '~' || value.includes('*') || values.includes(value)) return null
    return `does not know “${value}”; it knows ${values.join(', ')}`
  }
  if (term.op === '~') return 'is a number; ~ is for text'
  if (toNumber(type, value) !== null) return null
  if (UNSET.has(term.op) && (toRange(type, value) || (term.field === 'status' && /^[1-5]xx$/i.test(value)))) return null
  return `takes ${KINDS[type]}, not “${value}”`
}

const FLAG = /^(yes|no|true|false|1|0)$/i
const KINDS: Partial<Record<FieldType, string>> = {
  money: 'an amount in US dollars such as 0.1',
  duration: 'a duration such as 300ms, 5s or 2m',
  tokens: 'a number such as 500 or 10k',
  number: 'a number',
}

const example = (field: Field): string =>
  field.values?.[0] ??
  { text: 'name', tag: 'name', number: '200', money: '>0.1', duration: '>5s', tokens: '>10k', flag: 'yes' }[field.type]

function formatTerm({ field, op, value, negated }: FilterTerm): string {
  const parts = alternatives({ value }).map((part) => (part === '' ? '""' : formatValue(part, value)))
  return `${negated ? '-' : ''}${field}:${op === '=' ? '' : op}${parts.join(',')}`
}

/** A `*` that was written bare is a wildcard and stays bare. */
const formatValue = (part: string, written: string): string =>
  part.includes('*') && !written.includes('"') && !/\s/.test(part) ? part : quoteValue(part)

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

const unquote = (text: string): string =>
  text.replace(/"((?:[^"\\]|\\.)*)"?/gsu, (_, inside: string) => inside.replace(/\\(.)/gsu, '$1'))

const isPlainWord = (word: string): boolean => !/[\s"\\]/.test(word) && !TERM.test(word)

/** The known name that is at most two letters away, as a hint. */
function nearest(name: string): string {
  const best = Object.keys(FIELDS)
    .map((known) => ({ known, distance: editDistance(name, known) }))
    .sort((a, b) => a.distance - b.distance)[0]!
  return best.distance <= 2 ? ` (did you mean ${best.known}:?)` : ''
}

function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
