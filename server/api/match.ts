/**
 * The filter grammar applied to a call in memory, for calls that no database holds yet. What cannot be judged yet (cost, tokens,
 * the text of an answer) does not match: such a call appears when it is stored, rather than where it does not belong.
 */
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '../usage-buckets.ts'
import { alternatives, fieldOf, toNumber, toRange, type Field, type Filter, type FilterTerm } from '../../db/filter.ts'
import type { Call, Usage } from '../call.ts'

export const matches = ({ terms, text }: Filter, call: Call): boolean =>
  terms.every((term) => matchesTerm(term, call)) && text.every((words) => matchesText(words, call))

const matchesText = (words: string, call: Call): boolean => {
  const wanted = words.toLowerCase()
  return [call.preview, call.model, call.path, call.errorMessage].some((it) => it?.toLowerCase().includes(wanted))
}

function matchesTerm(term: FilterTerm, call: Call): boolean {
  const field = fieldOf(term.field)
  if (!field) return false
  const turned = term.negated !== (term.op === '!=')
  const test = { ...term, op: term.op === '!=' ? ('=' as const) : term.op }
  return alternatives(term).some((value) => matchesValue(test, field, value, call)) !== turned
}

function matchesValue(term: FilterTerm, field: Field, value: string, call: Call): boolean {
  if (term.field === 'has') return HAS[value]?.(call) ?? false
  if (field.type === 'flag') return (FLAGS[term.field]?.(call) ?? null) === toFlag(value)
  if (field.type === 'text')
    return (
      textsOf(term, call).some((text) => matchesString(term.op, text, value)) || isUnset(textsOf(term, call), value)
    )
  if (field.type === 'tag') {
    const texts = [call.tags[term.field.slice('tag.'.length)] ?? null]
    return texts.some((text) => matchesString(term.op, text, value)) || isUnset(texts, value)
  }
  return matchesNumber(term, field, value, NUMBERS[term.field]?.(call) ?? null)
}

const isUnset = (texts: (string | null)[], value: string) =>
  value === '' && texts.every((text) => text === null || text === '')

function matchesString(op: FilterTerm['op'], text: string | null, value: string): boolean {
  if (text === null || value === '') return false
  if (op === '~') return text.toLowerCase().includes(value.toLowerCase())
  if (!value.includes('*')) return text === value
  const pattern = value.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${pattern.join('.*')}$`, 'isu').test(text)
}

function matchesNumber({ op }: FilterTerm, { type }: Field, value: string, actual: number | null): boolean {
  if (value === '') return actual === null
  if (actual === null) return false
  if (/^[1-5]xx$/i.test(value)) return Math.floor(actual / 100) === Number(value[0])
  const range = toRange(type, value)
  if (range) return (range.from === null || actual >= range.from) && (range.to === null || actual <= range.to)
  const wanted = toNumber(type, value)
  return wanted !== null && COMPARE[op](actual, wanted)
}

const COMPARE: Record<FilterTerm['op'], (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '~': () => false,
}

const sum = (usage: Usage | null, ...buckets: readonly (keyof Usage)[]): number | null =>
  usage === null ? null : buckets.reduce((total, bucket) => total + (usage[bucket] ?? 0), 0)

const NUMBERS: Record<string, (call: Call) => number | null> = {
  status: (call) => call.status,
  cost: (call) => call.costNano,
  tokens: (call) => sum(call.usage, ...INPUT_BUCKETS, ...OUTPUT_BUCKETS),
  input: (call) => sum(call.usage, ...INPUT_BUCKETS),
  output: (call) => sum(call.usage, ...OUTPUT_BUCKETS),
  duration: (call) => call.durationMs,
  ttft: (call) => call.firstTokenMs,
}

const toFlag = (value: string) => (value === '' ? null : /^(yes|true|1)$/i.test(value))

const FLAGS: Record<string, (call: Call) => boolean | null> = {
  stream: (call) => call.stream,
  auxiliary: (call) => call.auxiliary,
  unpriced: () => false,
}

const HAS: Record<string, (call: Call) => boolean> = {
  tools: (call) => call.tools.length > 0,
  toolcalls: (call) => call.toolCalls.length > 0,
  error: (call) => call.errorCode !== null || call.errorMessage !== null,
  reasoning: (call) => (call.usage?.reasoning ?? 0) > 0,
  cost: (call) => call.costNano !== null,
  sessions: (call) => call.sessionId !== null,
  truncated: (call) => call.truncated,
  changes: (call) => call.changes.length > 0,
}

function textsOf({ field, op }: FilterTerm, call: Call): (string | null)[] {
  if (field === 'error') return op === '~' ? [call.errorCode, call.errorMessage] : [call.errorCode]
  if (field === 'model') return [call.model, call.responseModel]
  if (field === 'finding') return call.findings
  if (field === 'id') return [call.id, call.requestId, call.responseId, call.traceId, call.sessionId, call.parentId]
  const name = COLUMNS[field]
  return name === undefined ? [] : [call[name] as string | null]
}

const COLUMNS: Record<string, keyof Call> = {
  provider: 'provider',
  outcome: 'outcome',
  finish: 'finishReason',
  key: 'key',
  team: 'team',
  user: 'user',
  app: 'app',
  session: 'sessionId',
  route: 'route',
  target: 'target',
  dialect: 'dialect',
  operation: 'operation',
  cache: 'cache',
  billing: 'billing',
  usage: 'usageSource',
}
