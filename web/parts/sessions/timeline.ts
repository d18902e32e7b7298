/**
 * Where a session's steps stand in its picture, by time or one beside the other, and the shapes drawn from that. All bars of a lane are
 * one path: five thousand elements would be slow to make, a path with five thousand pieces is not.
 */
import { bisector, max } from 'd3-array'
import { scaleLinear, type ScaleLinear } from 'd3-scale'
import type { Finding, SessionLane } from '../../lib/sessions.ts'
import type { Row } from './steps.ts'

export type By = 'time' | 'steps'
/** One step on the axis: where its call begins and ends, and where its tools were at work after it (null: they were not, or never came back). */
export interface Bar {
  row: Row
  from: number
  to: number
  toolsTo: number | null
}

export const LANE_HEIGHT = 28
export const BAR_HEIGHT = 14
/** Lanes with a line of their own; all others share the last one. */
export const MOST_LANES = 10

/** The line that a lane is drawn on. */
export const lineOf = (lane: number): number => Math.min(lane, MOST_LANES - 1)
export const linesOf = (lanes: readonly SessionLane[]): number => Math.max(1, Math.min(lanes.length, MOST_LANES))

/** In milliseconds since the start, or in steps. A call that is still under way has no length yet. */
export function toBars(rows: readonly Row[], by: By): Bar[] {
  const start = rows[0]?.step.at ?? 0
  const followers = toFollowers(rows)
  return rows.map((row, i) => {
    if (by === 'steps') return { row, from: i, to: i + 0.8, toolsTo: null }
    const from = row.step.at - start
    const to = from + (row.step.durationMs ?? 0)
    const follower = row.step.toolCalls.length > 0 ? followers[i] : undefined
    return { row, from, to, toolsTo: follower ? Math.max(to, follower.step.at - start) : null }
  })
}

/** The next step of the same lane: the one that brings the tools' results. */
function toFollowers(rows: readonly Row[]): (Row | undefined)[] {
  const next = new Map<number, Row>()
  const found: (Row | undefined)[] = Array.from({ length: rows.length })
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i]!
    if (row.step.auxiliary) continue
    found[i] = next.get(row.lane)
    next.set(row.lane, row)
  }
  return found
}

export const extentOf = (bars: readonly Bar[]): number => Math.max(1, max(bars, (bar) => bar.to) ?? 1)

/** True where most of the time nothing happened: there steps side by side tell more. */
export const isSparse = (bars: readonly Bar[]): boolean => {
  let busy = 0
  let until = 0
  for (const bar of bars) {
    const end = Math.max(bar.to, bar.toolsTo ?? 0)
    busy += Math.max(0, end - Math.max(until, bar.from))
    until = Math.max(until, end)
  }
  return bars.length > 2 && busy < 0.25 * until
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Distances at which people read a clock; beyond the last, days. */
const DISTANCES = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 4, 6, 12, 24, 48, 96, 168, 336].map((n) => n * HOUR),
]
export function timeMarks(extent: number, most: number): number[] {
  const step = DISTANCES.find((distance) => extent / distance <= most) ?? extent / most
  return Array.from({ length: Math.floor(extent / step) + 1 }, (_, i) => i * step)
}

const MIN_WIDTH = 1.2
export interface Lanes {
  /** Path data for a line: calls that went well, calls that failed, tools at work, steps that are evidence of a finding. */
  calls: string[]
  failed: string[]
  tools: string[]
  evidence: string[]
}

export function toPaths(bars: readonly Bar[], x: ScaleLinear<number, number>, lines: number): Lanes {
  const empty = () => Array.from({ length: lines }, () => [] as string[])
  const paths = { calls: empty(), failed: empty(), tools: empty(), evidence: empty() }
  for (const { row, from, to, toolsTo } of bars) {
    const line = lineOf(row.lane)
    const y = line * LANE_HEIGHT + (LANE_HEIGHT - BAR_HEIGHT) / 2
    const left = x(from)
    const right = Math.max(x(to) - 0.6, left + MIN_WIDTH)
    const failed = isFailed(row)
    ;(failed ? paths.failed : paths.calls)[line]!.push(rect(left, right, y))
    if (toolsTo !== null && x(toolsTo) - right > 0.4) paths.tools[line]!.push(rect(right + 0.4, x(toolsTo) - 0.6, y))
    if (row.evidence.length > 0) paths.evidence[line]!.push(rect(left, right, y))
  }
  const joined = (list: string[][]) => list.map((pieces) => pieces.join(''))
  return {
    calls: joined(paths.calls),
    failed: joined(paths.failed),
    tools: joined(paths.tools),
    evidence: joined(paths.evidence),
  }
}

const FAILED = new Set(['error', 'upstream_abort', 'timeout', 'interrupted', 'refused'])
export const isFailed = ({ step }: Pick<Row, 'step'>): boolean => FAILED.has(step.outcome)

const rect = (left: number, right: number, y: number): string =>
  `M${left.toFixed(1)} ${y}H${right.toFixed(1)}v${BAR_HEIGHT}H${left.toFixed(1)}Z`

export interface Bracket {
  finding: Finding
  /** On the axis. */
  from: number
  to: number
  text: string
}

/** One bracket a finding, over all the steps that are evidence of it. */
export function toBrackets(bars: readonly Bar[], findings: readonly Finding[]): Bracket[] {
  const spans = new Map<string, { from: number; to: number }>()
  for (const { row, from, to } of bars)
    for (const { id } of row.evidence) {
      const span = spans.get(id)
      spans.set(id, { from: Math.min(span?.from ?? from, from), to: Math.max(span?.to ?? to, to) })
    }
  return findings.flatMap((finding) => {
    const span = spans.get(finding.id)
    return span ? [{ finding, ...span, text: finding.evidence[0]?.text ?? finding.rules.join(', ') }] : []
  })
}

export interface Course {
  /** Path data of the line, and of the area below it. */
  line: string
  area: string
  top: number
}

/** A figure along the axis, as a line: the context of the main lane, or what was spent. */
export function toCourse(
  points: readonly { at: number; value: number }[],
  x: ScaleLinear<number, number>,
  height: number,
): Course | null {
  if (points.length < 2) return null
  const top = max(points, (p) => p.value) ?? 0
  const y = scaleLinear([0, top || 1], [height - 1, 2])
  const line = points.map(({ at, value }, i) => `${i ? 'L' : 'M'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join('')
  const area = `${line}L${x(points.at(-1)!.at).toFixed(1)} ${height}L${x(points[0]!.at).toFixed(1)} ${height}Z`
  return { line, area, top }
}

/** Contexts of sub-agents are theirs: the line is the main lane's, housekeeping left out. */
export const contextPoints = (bars: readonly Bar[]) =>
  bars
    .filter(({ row }) => row.lane === 0 && row.step.inputTokens !== null && !row.step.auxiliary)
    .map(({ row, from }) => ({ at: from, value: row.step.inputTokens ?? 0 }))
export const costPoints = (bars: readonly Bar[]) => bars.map(({ row, to }) => ({ at: to, value: row.sumNano }))

const byStart = bisector((bar: Bar) => bar.from)
/** The step that a place in the picture belongs to: of its lane if there is one near, else the nearest of all. */
export function barAt(bars: readonly Bar[], at: number, line: number | null): Bar | null {
  const end = byStart.right(bars, at)
  const distance = (bar: Bar) => Math.max(0, bar.from - at, at - bar.to)
  const near = bars.slice(Math.max(0, end - 40), end + 40)
  const own = line === null ? [] : near.filter(({ row }) => lineOf(row.lane) === line)
  const from = own.length > 0 ? own : near
  return from.reduce<Bar | null>((best, bar) => (best === null || distance(bar) < distance(best) ? bar : best), null)
}
