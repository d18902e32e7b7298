/** What is said about a finding: its head line, when, what was done, and which changes are open to a person. */
import type { Finding, FindingChange, FindingState } from '../../lib/sessions.ts'
import { toAgo } from '../../lib/time.ts'

const HEADS: Record<string, string> = {
  runaway: 'The agent turns in circles and spends fast',
  looping: 'The agent turns in circles',
  watch: 'Something is odd here',
}
export const toHead = ({ verdict }: Pick<Finding, 'verdict'>): string => HEADS[verdict] ?? verdict

/** What was done, beside showing it here; null: nothing. */
const ACTIONS: Record<string, string> = {
  alert: 'told to alerts, if any are set up',
  header: 'answers carry a header',
  throttle: 'slowed down',
  block: 'next calls are refused',
}
export const toAction = ({ action }: Pick<Finding, 'action'>): string | null => (action && ACTIONS[action]) || null

/** Longer than most tools take: an agent that was silent for this long has probably ended. */
const QUIET_MS = 3 * 60_000
export const isNow = ({ lastAt }: Pick<Finding, 'lastAt'>, now: number): boolean => now - lastAt < QUIET_MS
export const toWhen = (finding: Pick<Finding, 'lastAt'>, now: number): string =>
  isNow(finding, now) ? 'running now' : `last seen ${toAgo(now - finding.lastAt)}`

export const STATES: Record<FindingState, string> = {
  open: 'open',
  muted: 'muted',
  resolved: 'resolved',
  false_positive: 'not a loop',
}

export interface Choice {
  change: FindingChange
  label: string
  says: string
}
const REOPEN: Choice = { change: 'reopen', label: 'Reopen', says: 'Back among the open ones' }
const MUTE: Choice = { change: 'mute', label: 'Mute', says: 'Stays here, but alerts no more and stops nothing' }
const RESOLVE: Choice = {
  change: 'resolve',
  label: 'Resolve',
  says: 'It is dealt with; if it goes on, a new finding comes',
}
const WRONG: Choice = {
  change: 'false-positive',
  label: 'Not a loop',
  says: 'The rules were wrong here; it counts no more',
}

export const choicesOf = ({ state }: Pick<Finding, 'state'>): Choice[] =>
  state === 'open' ? [WRONG, MUTE, RESOLVE] : state === 'muted' ? [WRONG, RESOLVE, REOPEN] : [REOPEN]
