/** What the filter bar may offer while someone types: fields, operators, values, views. Pure; real values are asked for by the caller. */
import { FIELDS, HAS, fieldOf, formatFilter, parseFilter, quoteValue } from '../../db/filter.ts'
import type { FilterTerm } from '../../db/filter.ts'
import { looksLikeId } from './ids.ts'
import { VIEWS } from './views.ts'

export interface Offer {
  kind: 'field' | 'value' | 'view' | 'id' | 'text'
  /** What is shown. */
  label: string
  hint: string
  /** What the last word of the draft becomes; for a view, the whole filter. */
  insert: string
  /** The term is whole: it becomes a chip. */
  whole: boolean
}

const LAST_WORD = /(?:"(?:[^"\\]|\\.)*"?|[^\s"])*$/su
export const lastWord = (draft: string) => LAST_WORD.exec(draft)?.[0] ?? ''
export const replaceLast = (draft: string, word: string) => draft.slice(0, draft.length - lastWord(draft).length) + word

/** The field whose values could follow, with the part typed so far: `-model:gp` → model, `gp`. */
export function valueAsked(draft: string): { field: string; prefix: string; head: string } | null {
  const match = /^(-?)([a-z]+(?:\.[^\s:"]+)?):(?:!=|=)?(.*)$/su.exec(lastWord(draft))
  if (!match || !fieldOf(match[2]!)) return null
  const before = match[3]!.lastIndexOf(',') + 1
  const prefix = match[3]!.slice(before).replace(/^"/, '')
  return { field: match[2]!, prefix, head: `${match[1]}${match[2]}:${match[3]!.slice(0, before)}` }
}

const EXAMPLES: Record<string, string[]> = {
  money: ['>0.01', '>0.1', '>1', '<0.001'],
  duration: ['>1s', '>5s', '>10s', '>1m', '<300ms'],
  tokens: ['>1k', '>10k', '>100k', '<100'],
  number: ['4xx', '5xx', '429', '>=400'],
  flag: ['yes', 'no'],
}

/** Offers that need no server: the words that the grammar itself knows. */
export function grammarOffers(draft: string, isEmpty: boolean): Offer[] {
  const word = lastWord(draft)
  const asked = valueAsked(draft)
  if (asked) {
    const field = fieldOf(asked.field)!
    const words = field.values ?? (asked.field === 'has' ? HAS : EXAMPLES[field.type]) ?? []
    return words
      .filter((value) => value.startsWith(asked.prefix))
      .map((value) => ({ kind: 'value', label: value, hint: '', insert: asked.head + value, whole: true }))
  }
  if (word.includes(':') || word.startsWith('"')) return []
  const minus = word.startsWith('-') ? '-' : ''
  const start = word.slice(minus.length).toLowerCase()
  const fields = [
    ...Object.entries(FIELDS),
    ['tag.', { label: 'Tag', help: 'tag.NAME:value, a tag on the call' }] as const,
  ]
    .filter(([name, { label }]) => name.startsWith(start) || label.toLowerCase().startsWith(start))
    .map(([name, { help }]): Offer => {
      const insert = minus + name + (name === 'tag.' ? '' : ':')
      return { kind: 'field', label: insert, hint: help, insert, whole: false }
    })
  if (isEmpty && word === '')
    return [
      ...VIEWS.map(({ name, q }): Offer => ({ kind: 'view', label: name, hint: q, insert: q, whole: true })),
      ...fields,
    ]
  const first: Offer[] = []
  if (looksLikeId(word))
    first.push({ kind: 'id', label: `Open ${word}`, hint: 'find by id', insert: word, whole: true })
  if (word !== '')
    first.push({ kind: 'text', label: `“${word}”`, hint: 'search prompts and answers', insert: word, whole: true })
  return [...first, ...fields]
}

export const valueOffer = (head: string, value: string, calls: number): Offer => ({
  kind: 'value',
  label: value,
  hint: calls.toLocaleString('en-US'),
  insert: head + quoteValue(value),
  whole: true,
})

const WORDS: Record<string, string> = {
  '=': 'is',
  '!=': 'is not',
  '~': 'contains',
  '>': '>',
  '>=': '≥',
  '<': '<',
  '<=': '≤',
}
/** A term in words, for its chip: `duration > 5s`, `has tools`, `provider is not openai`. */
export function toWords({ field, op, value, negated }: FilterTerm): { field: string; op: string; value: string } {
  const name = field.replace(/^tag\./, '')
  const shown = value === '""' ? 'nothing' : value.replaceAll('"', '').replaceAll(',', ' or ')
  if (field === 'has') return { field: '', op: negated ? 'has no' : 'has', value: shown }
  const turned = negated ? (op === '=' ? 'is not' : op === '!=' ? 'is' : `not ${WORDS[op]}`) : WORDS[op]!
  return { field: name, op: turned, value: shown }
}

/** Takes a draft apart: whole terms become chips, words stay text. */
export const joinFilter = (terms: FilterTerm[], text: string) => {
  const parsed = parseFilter(text)
  return { q: [formatFilter({ terms, text: [] }), text.trim()].filter(Boolean).join(' '), parsed }
}
