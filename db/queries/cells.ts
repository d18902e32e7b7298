/** The pieces that every figure is put together from: sums and sketches for one value of a dimension in one step of time. */
import { sql } from 'drizzle-orm'
import type { AnyColumn, SQL } from 'drizzle-orm'
import { MEASURES, noMeasures } from '../rollup/measures.ts'
import type { Measures } from '../rollup/measures.ts'
import { mergeInto } from '../rollup/sketch.ts'
import type { Sketch } from '../rollup/sketch.ts'
import type { Steps } from '../zones.ts'
import { number } from './where.ts'

/** Dimensions that figures can be split by. */
export type By = 'model' | 'provider' | 'key' | 'user' | 'team' | 'app' | 'outcome' | `tag.${string}`

export type Sums = Measures & { errors: number; refused: number; aborted: number; cacheHits: number }

export interface Cell {
  /** null: no such value, or not split. */
  name: string | null
  /** Index of the step, 0 without steps. */
  index: number
  sums: Sums
  duration: Sketch
  firstToken: Sketch
}

export const noSums = (): Sums => ({ ...noMeasures(), errors: 0, refused: 0, aborted: 0, cacheHits: 0 })

export const addSums = (sums: Sums, other: Partial<Sums>, sign: 1 | -1 = 1): void => {
  for (const name of SUMS) sums[name] += sign * (other[name] ?? 0)
}

const SUMS: readonly (keyof Sums)[] = [...MEASURES, 'errors', 'refused', 'aborted', 'cacheHits']

export interface Cells {
  at(name: string | null, index: number): Cell
  all(): Cell[]
  /** Takes `other` in, or out. */
  merge(other: readonly Cell[], sign?: 1 | -1, rename?: (name: string | null) => string | null): void
}

export const createCells = (): Cells => {
  const cells = new Map<string, Cell>()
  const at = (name: string | null, index: number): Cell => {
    const key = `${index}\0${name ?? '\0'}`
    let cell = cells.get(key)
    if (!cell) cells.set(key, (cell = { name, index, sums: noSums(), duration: new Map(), firstToken: new Map() }))
    return cell
  }
  return {
    at,
    all: () => [...cells.values()],
    merge: (other, sign = 1, rename = (name) => name) => {
      for (const { name, index, sums, duration, firstToken } of other) {
        const cell = at(rename(name), index)
        addSums(cell.sums, sums, sign)
        mergeInto(cell.duration, duration, sign)
        mergeInto(cell.firstToken, firstToken, sign)
      }
    },
  }
}

/** Cells of one question, added up over time or over names. */
export const total = (cells: readonly Cell[]): Cell => {
  const sum = createCells()
  sum.merge(
    cells.map((cell) => ({ ...cell, index: 0 })),
    1,
    () => null,
  )
  return sum.at(null, 0)
}

/** The step that a column of milliseconds falls into, as a number that `toIndex` counts from 0. Only our own numbers stand in it. */
export const stepOf = (column: AnyColumn, steps: Steps | null): SQL<number> => {
  if (!steps) return sql<number>`0`.mapWith(Number)
  const divide = (offset: number) => sql`(${column} + ${number(offset + steps.shift)}) / ${number(steps.step)}`
  const [first, ...rest] = steps.offsets
  if (rest.length === 0) return sql<number>`${divide(first!.offset)}`.mapWith(Number)
  const cases = [...rest]
    .reverse()
    .map(({ from, offset }) => sql`when ${column} >= ${number(from)} then ${divide(offset)}`)
  return sql<number>`case ${sql.join(cases, sql` `)} else ${divide(first!.offset)} end`.mapWith(Number)
}

/** `stepOf`'s number of the first step. */
export const firstStep = (steps: Steps | null): number => {
  if (!steps) return 0
  const at = steps.at[0]!
  const { offset } = steps.offsets.findLast(({ from }) => from <= at) ?? steps.offsets[0]!
  return Math.floor((at + offset + steps.shift) / steps.step)
}
