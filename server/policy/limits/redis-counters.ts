/** All counters as Redis has them now, put into the rules as the memory's ledger has them: what people are shown is made from these. */
import type { Redis } from '../../redis/redis.ts'
import { indexKey, type Place, placeOf, toCounter } from './redis-places.ts'
import { type Counter, roll, type Rule } from './rule.ts'

/** Of one rule: users and sessions have no end. */
const MOST = 500

/** Copies: the rules in force count nothing themselves. */
export const readCounters = (redis: Redis, rules: readonly Rule[], now: number): Promise<Rule[]> =>
  Promise.all(rules.map((rule) => readRule(redis, rule, now)))

async function readRule(redis: Redis, rule: Rule, now: number): Promise<Rule> {
  roll(rule, now)
  const scopes = (await redis.call('ZREVRANGEBYSCORE', indexKey(rule), '+inf', `(${now}`, 'LIMIT', 0, MOST)) as string[]
  const places = scopes.map((scope) => placeOf(rule, scope, now, now)!)
  const counters = await Promise.all(places.map((place) => readCounter(redis, place, now)))
  const found = counters.filter((counter) => counter !== null)
  return { ...rule, state: { ...rule.state, counters: new Map(found.map((counter) => [counter.scope, counter])) } }
}

/** null: of an earlier window. */
async function readCounter(redis: Redis, place: Place, now: number): Promise<Counter | null> {
  if (place.kind === 'lease')
    return toCounter(place, [String(await redis.call('ZCOUNT', place.key, `(${now}`, '+inf'))])
  if (place.kind === 'rolling') return toCounter(place, (await redis.call('HGETALL', place.key)) as string[])
  const pair = (await redis.call('HMGET', place.key, 'u', 'r')) as (string | null)[]
  return pair[0] === null && pair[1] === null ? null : toCounter(place, pair)
}
