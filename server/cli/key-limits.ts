/** `--limit 'per=month cost=20'`: the words of weir.yaml's limits, with blanks between. */
import { keyLimitSchema } from '../config/limits.ts'
import { nearest } from '../config/nearest.ts'
import { type KeyLimit, UNITS } from '../policy/limits/limit.ts'
import { UsageError } from './arguments.ts'

const WORDS = ['per', 'rolling', 'zone', ...UNITS, 'action', 'unpriced', 'countAs', 'reserveOutput']
const EXAMPLE = `write such as --limit 'per=month cost=20' or --limit 'rolling=24h tokens=1000000 action=alert'`

/** @throws UsageError with every mistake of every limit. */
export function toLimits(texts: readonly string[]): KeyLimit[] {
  const mistakes: string[] = []
  const limits = texts.flatMap((text) => {
    const read = toLimit(text)
    if (Array.isArray(read)) mistakes.push(...read.map((says) => `--limit "${text}": ${says}`))
    return Array.isArray(read) ? [] : [read]
  })
  if (mistakes.length > 0) throw new UsageError(mistakes.join('\n'))
  return limits
}

/** The limit, or what is wrong with it. */
function toLimit(text: string): KeyLimit | string[] {
  const given: Record<string, unknown> = {}
  const mistakes: string[] = []
  for (const word of text.split(/[\s,]+/).filter((each) => each !== '')) {
    const [, name = word, value = ''] = /^([^=]*)=(.*)$/.exec(word) ?? []
    const wrong = wordProblem(name, value, given)
    if (wrong) mistakes.push(wrong)
    else given[name] = value
  }
  if (given['rolling'] !== undefined && given['per'] !== undefined)
    mistakes.push('per and rolling stand for the same: write one of them')
  if (mistakes.length > 0) return mistakes
  const { rolling, ...amounts } = given
  const result = keyLimitSchema.safeParse(rolling === undefined ? amounts : { ...amounts, per: { rolling } })
  if (result.success) return result.data
  return result.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(' '))
}

function wordProblem(name: string, value: string, given: Record<string, unknown>): string | null {
  if (!WORDS.includes(name)) {
    const meant = nearest(name, WORDS)
    return `"${name}" is no word of a limit${meant ? `: did you mean ${meant}?` : `; ${EXAMPLE}`}`
  }
  if (value === '') return `${name} has no value; ${EXAMPLE}`
  return given[name] === undefined ? null : `${name} stands there twice`
}

/** `20 dollars a month`, in a few words for lists. */
export const sayLimit = ({ per, zone, action, ...limit }: KeyLimit): string => {
  const amounts = UNITS.flatMap((unit) => (limit[unit] === undefined ? [] : [`${unit}=${limit[unit]}`]))
  const window = per === undefined ? [] : [typeof per === 'string' ? `per=${per}` : `rolling=${per.rolling}`]
  return [
    ...window,
    ...amounts,
    ...(zone === 'UTC' ? [] : [`zone=${zone}`]),
    ...(action === 'block' ? [] : [`action=${action}`]),
  ].join(' ')
}
