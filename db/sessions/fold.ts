/**
 * `sessions` and `lanes` as sums over calls: each call is added when it is stored, and taken out as it was when it is stored again,
 * moved or pruned, in the same transaction. Several Weirs add to one row, so what is written are differences, never sums.
 */
import { ERRORS } from '../facts.ts'
import type { Write } from '../engine.ts'
import type { CallRow, LaneRow, SessionRow } from '../tables.ts'

/** What a fold needs of a call. */
export type Folded = Pick<
  CallRow,
  | 'sessionId'
  | 'sessionSource'
  | 'lane'
  | 'turn'
  | 'newFrom'
  | 'startedAt'
  | 'outcome'
  | 'auxiliary'
  | 'costNano'
  | 'unpriced'
  | 'inputTokens'
  | 'outputTokens'
  | 'cacheRead'
>

const SESSION_SUMS = [
  'calls',
  'auxiliary',
  'errors',
  'costNano',
  'unpriced',
  'inputTokens',
  'outputTokens',
  'cacheRead',
  'turns',
] as const satisfies readonly (keyof SessionRow)[]
const LANE_SUMS = ['calls', 'costNano', 'unpriced'] as const satisfies readonly (keyof LaneRow)[]

/** The migration that filled these tables first says the same in SQL. */
export const toLaneId = (sessionId: string, lane: string | null): string => `${sessionId}\n${lane ?? ''}`

/** Housekeeping, and calls made beside the conversation: those were read and have no turn. */
export const isAside = ({ auxiliary, turn, newFrom }: Pick<CallRow, 'auxiliary' | 'turn' | 'newFrom'>): boolean =>
  auxiliary || (turn === null && newFrom !== null)

/** `taken`: rows as they were. Nothing where no call of a session is among them. */
export function foldSessions(taken: readonly Folded[], added: readonly Folded[]): Write[] {
  const sessions = new Map<string, SessionRow>()
  const lanes = new Map<string, LaneRow>()
  for (const row of taken) fold(sessions, lanes, row, -1)
  for (const row of added) fold(sessions, lanes, row, 1)
  if (sessions.size === 0) return []
  return [
    { fold: 'sessions', rows: inOrder(sessions), add: SESSION_SUMS, least: ['startedAt'], most: ['lastAt'] },
    { fold: 'lanes', rows: inOrder(lanes), add: LANE_SUMS, least: ['startedAt'], most: ['lastAt', 'lastTurn'] },
    { settle: [...sessions.keys()].sort() },
  ]
}

/** Two writers that lock the same rows in the same order never wait for each other in a circle. */
const inOrder = <T extends { id: string }>(rows: Map<string, T>): T[] =>
  [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1))

function fold(sessions: Map<string, SessionRow>, lanes: Map<string, LaneRow>, row: Folded, sign: 1 | -1): void {
  const { sessionId } = row
  if (sessionId === null) return
  const session = sessions.get(sessionId) ?? emptySession(sessionId, row)
  sessions.set(sessionId, session)
  session.source ??= row.sessionSource
  session.startedAt = Math.min(session.startedAt, row.startedAt)
  session.lastAt = Math.max(session.lastAt, row.startedAt)
  session.calls += sign
  session.auxiliary += isAside(row) ? sign : 0
  session.turns += isAside(row) ? 0 : sign
  session.errors += ERRORS.includes(row.outcome) ? sign : 0
  session.costNano += sign * (row.costNano ?? 0)
  session.unpriced += sign * row.unpriced
  session.inputTokens += sign * (row.inputTokens ?? 0)
  session.outputTokens += sign * (row.outputTokens ?? 0)
  session.cacheRead += sign * (row.cacheRead ?? 0)
  foldLane(lanes, { ...row, sessionId }, sign)
}

function foldLane(lanes: Map<string, LaneRow>, row: Folded & { sessionId: string }, sign: 1 | -1): void {
  const id = toLaneId(row.sessionId, row.lane)
  const lane = lanes.get(id) ?? emptyLane(id, row)
  lanes.set(id, lane)
  lane.startedAt = Math.min(lane.startedAt, row.startedAt)
  lane.lastAt = Math.max(lane.lastAt, row.startedAt)
  lane.calls += sign
  lane.costNano += sign * (row.costNano ?? 0)
  lane.unpriced += sign * row.unpriced
  if (sign > 0) lane.lastTurn = Math.max(lane.lastTurn, row.turn ?? 0)
}

const emptySession = (id: string, { sessionSource, startedAt }: Folded): SessionRow => ({
  id,
  source: sessionSource,
  startedAt,
  lastAt: startedAt,
  calls: 0,
  auxiliary: 0,
  errors: 0,
  costNano: 0,
  unpriced: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheRead: 0,
  lanes: 0,
  turns: 0,
  findings: 0,
})

const emptyLane = (id: string, { sessionId, lane, startedAt }: Folded & { sessionId: string }): LaneRow => ({
  id,
  sessionId,
  lane: lane ?? '',
  startedAt,
  lastAt: startedAt,
  calls: 0,
  costNano: 0,
  unpriced: 0,
  lastTurn: 0,
})
