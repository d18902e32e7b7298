/** What figures can be split by, and what the calls without a value are called. */
import { quoteValue } from '../../db/filter.ts'
import type { By } from '../../db/queries/series.ts'

export interface Dimension {
  value: By
  label: string
  group?: string
}
const FIXED: Dimension[] = [
  { value: 'model', label: 'Model' },
  { value: 'provider', label: 'Provider' },
  { value: 'app', label: 'App' },
  { value: 'user', label: 'User' },
  { value: 'team', label: 'Team' },
  { value: 'key', label: 'Key' },
]
/** Fixed dimensions, and those tags that the calls at hand carry (and `chosen`, so that a shared address always shows its name). */
export function toDimensions(tagNames: Iterable<string>, chosen: string): Dimension[] {
  const names = new Set(tagNames)
  if (chosen.startsWith('tag.')) names.add(chosen.slice(4))
  return [
    ...FIXED,
    ...[...names].sort().map((name): Dimension => ({ value: `tag.${name}`, label: name, group: 'Tags' })),
  ]
}
export const isBy = (text: string | null): text is By =>
  text !== null && (FIXED.some((d) => d.value === text) || /^tag\.[^\s:"]+$/.test(text))
export const noneOf = (by: string) => `no ${by.replace(/^tag\./, '')}`
/** The filter for one value; null: the calls that have none. */
export const toTerm = (by: string, name: string | null) => `${by}:${name === null ? '""' : quoteValue(name)}`
