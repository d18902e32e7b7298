/** What is wrong with a configuration: every mistake at once, each with its place, what is wrong and what to do. */
import type { z } from 'zod'
import { nearest } from './nearest.ts'
import { configSchema } from './config.ts'
import { keysAt } from './options.ts'

export interface Mistake {
  /** `weir.yaml:3:1`, `WEIR_PORT` or `--port`. */
  where: string
  /** Line in the file, for sorting; null when it did not come from the file. */
  line: number | null
  says: string
}

export class ConfigError extends Error {
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    const sorted = [...mistakes].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    const count = sorted.length === 1 ? 'a mistake' : `${sorted.length} mistakes`
    super([`The configuration has ${count}:`, ...sorted.map(toLine)].join('\n'))
    this.name = 'ConfigError'
    this.mistakes = sorted
  }
}

export const toLine = ({ where, says }: Mistake): string => `  ${where}  ${says}`

type Place = (path: readonly PropertyKey[]) => Pick<Mistake, 'where' | 'line'>

/** Zod's issues in our words. `place` finds where a path was written. */
export const toMistakes = (issues: readonly z.core.$ZodIssue[], place: Place): Mistake[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ ...place([...issue.path, key]), says: unknownKey(issue.path, key) }))
      : [{ ...place(issue.path), says: withPath(issue.path, wording(issue)) }],
  )

const unknownKey = (path: readonly PropertyKey[], key: string): string => {
  const meant = nearest(key, keysAt(configSchema, path))
  const name = [...path, key].map(String).join('.')
  return `${name} is not an option${meant ? `: did you mean ${meant}?` : ''}`
}

const withPath = (path: readonly PropertyKey[], says: string) =>
  path.length > 0 ? `${path.map(String).join('.')}: ${says}` : says

const wording = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing'
  if (issue.code === 'invalid_type') return `expected ${kind(issue.expected)}, found ${kindOf(issue.input)}`
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input')
    return `${kindOf(issue.input)} cannot stand here`
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) return 'is empty'
  return issue.message
}

const KINDS: Record<string, string> = {
  string: 'text',
  object: 'a group of options',
  record: 'a group of options',
  array: 'a list',
}
const kind = (expected: string) => KINDS[expected] ?? `a ${expected}`
const kindOf = (value: unknown): string => {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return KINDS[typeof value] ?? `a ${typeof value}`
}
