/** More money or tokens a minute than any lane should take, or far more than this lane and its peers are used to. */
import type { Fired, Lane, Minute, Peers, Rule } from './rule.ts'

/** With fewer minutes of its own nothing is usual for a lane. */
const FEWEST_MINUTES = 5

export const velocity: Rule<'velocity'> = {
  name: 'velocity',
  check(lane, { costNanoPerMinute, tokensPerMinute, times }, peers) {
    const now = lane.minutes.at(-1)
    if (!now) return null
    if (now.costNano > costNanoPerMinute)
      return fired(lane, `it spent ${dollars(now.costNano)} in a minute; ${dollars(costNanoPerMinute)} is the limit`)
    if (now.tokens > tokensPerMinute)
      return fired(lane, `it took ${now.tokens} tokens in a minute; ${tokensPerMinute} is the limit`)
    return unusual(lane, now, times, peers)
  },
}

function unusual(lane: Lane, now: Minute, times: number, peers: Peers): Fired | null {
  if (lane.minutes.length <= FEWEST_MINUTES) return null
  const before = lane.minutes.slice(0, -1)
  const usual = median(before.map(({ tokens }) => tokens))
  const spent = median(before.map(({ costNano }) => costNano))
  const fast = now.tokens > times * usual
  const dear = spent > 0 && now.costNano > times * spent
  if (!fast && !dear) return null
  const others = peers.p99()
  if (!others) return null
  if (fast && now.tokens > others.tokens)
    return fired(lane, `it took ${now.tokens} tokens in a minute, ${usual} being usual for it`)
  if (dear && now.costNano > others.costNano)
    return fired(lane, `it spent ${dollars(now.costNano)} in a minute, ${dollars(spent)} being usual for it`)
  return null
}

const fired = ({ steps }: Lane, text: string): Fired => {
  const last = steps.at(-1)!
  return { steps: steps.filter(({ at }) => last.at - at < 60_000), text, repeated: null }
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const dollars = (nano: number): string => `$${(nano / 1e9).toFixed(nano < 1e8 ? 4 : 2)}`
