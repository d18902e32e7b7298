/** Thresholds as sentences. A rule that this page does not know yet is told in the API's own words, with its figures. */
import { join, toCount, toDurationText, toMoney, toPercent } from '../../lib/format.ts'
import type { LoopsInForce } from '../../lib/sessions.ts'

type Rule = LoopsInForce['rules'][number]
type Figures = NonNullable<Rule['thresholds']>
const percent = (share: number | undefined): string => join(toPercent(share))

const SENTENCES: Record<string, (t: Figures) => string> = {
  repeat: ({ same, any }) =>
    `The same tool with the same arguments, ${same} times in a row with the same result; ${any} times whatever came back.`,
  cycle: ({ times, longest }) => `A round of 2 to ${longest} tool calls with the same results, ${times} times.`,
  echo: ({ turns, alike }) =>
    `What is new in a turn is ${percent(alike)} like that of the turn before, ${turns} turns long.`,
  error: ({ times, between, bodies, withinMs }) =>
    `The same error ${times} times in a row${between === undefined ? '' : `, or ${between} times with other calls between`}; or the very same request ${bodies} times within ${toDurationText(withinMs)}.`,
  ramp: ({ turns, fresh }) =>
    `The context grows ${turns} turns in a row, and less than ${percent(fresh)} of what is added is new.`,
  velocity: ({ costNanoPerMinute, tokensPerMinute, times }) =>
    `More than ${toMoney(costNanoPerMinute)} or ${toCount(tokensPerMinute)} tokens a minute; or ${times} times what the agent is used to, and more than 99 % of all agents.`,
  stall: ({ turns, alike }) =>
    `The agent says ${percent(alike)} the same, ${turns} turns long, or repeats the end of one answer.`,
}

/** null: switched off. */
export const toSentence = ({ name, says, thresholds }: Rule): string | null =>
  thresholds === null
    ? null
    : (SENTENCES[name]?.(thresholds) ??
      `${says} (${Object.entries(thresholds)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')})`)

export function toCaps(caps: LoopsInForce['caps']): string | null {
  const { calls, costNano, tokens, ms } = caps
  const parts = [
    calls && `${toCount(calls)} calls`,
    costNano && toMoney(costNano),
    tokens && `${toCount(tokens)} tokens`,
    ms && toDurationText(ms),
  ].filter(Boolean)
  return parts.length === 0 ? null : `${parts.join(', ')}; beyond one of them a run is a runaway`
}

const ACTIONS: Record<LoopsInForce['action'], string> = {
  off: 'Nothing is looked at.',
  mark: 'Findings are shown here; nothing else happens.',
  alert: 'Findings are shown here, and told to the alerts that are set up. No call is touched.',
  header:
    'Findings are shown here and told to the alerts that are set up, and the answers of a looping agent carry a header.',
  throttle: 'As with header; and the calls of a looping agent are held back.',
  block: 'As with header; and the calls of a looping agent are refused with 429 and the reason.',
}
export const toActionText = ({ action, throttleMs }: LoopsInForce): string =>
  action === 'throttle' ? `${ACTIONS.throttle.slice(0, -1)} for ${toDurationText(throttleMs)} each.` : ACTIONS[action]

/** What a key or a route has of its own, in a few words. */
export const toOwn = ({ action, rules, caps }: LoopsInForce['keys'][string]): string =>
  [
    action && (action === 'off' ? 'not looked at' : action),
    rules && `rules ${Object.keys(rules).join(', ')}`,
    caps && (toCaps(caps) ?? 'no caps'),
  ]
    .filter(Boolean)
    .join(' · ')
