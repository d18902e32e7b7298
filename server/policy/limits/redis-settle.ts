/**
 * What calls truly took, put in place of their estimates: later and in its own time, in one script for each call, once. While Redis
 * is away it waits here, up to a bound; what was never told stands in Redis as its estimate until its window ends.
 */
import type { Redis } from '../../redis/redis.ts'
import { chargeOf } from './amounts.ts'
import type { KeyLimits } from './budgets.ts'
import type { Charge, Settled } from './ledger.ts'
import { holdKey, type Place, placeOf } from './redis-places.ts'
import { SETTLE } from './redis-scripts.ts'
import { roll, type Rule } from './rule.ts'
import type { RuleBook } from './rule-book.ts'

/** As Redis keeps it for a call that is not settled: the rule's name, where, and how much. */
export type HoldEntry = readonly [rule: string, key: string, slot: string, amount: number]

export interface Settler {
  add(stored: readonly Settled[]): void
  /** Nothing waits, or Redis does not take it. */
  idle(): Promise<void>
  /** Calls whose true figures were given up. */
  lost(): number
  close(): void
}

export interface SettlerDeps {
  redis: Redis
  book: RuleBook
  keys(): Iterable<KeyLimits>
  now(): number
}

const AT_ONCE = 200
const MOST_WAITING = 50_000
const AGAIN_MS = 1000
/** In place of a hold, so that a call which is told of again counts no second time. */
const DONE = 'done'
const DONE_MS = 15 * 60_000

export function createSettler(deps: SettlerDeps): Settler {
  const { redis } = deps
  let queue: Settled[] = []
  let working: Promise<void> | null = null
  let again: NodeJS.Timeout | null = null
  let lost = 0
  let closed = false

  const work = async () => {
    while (queue.length > 0) {
      const batch = queue.slice(0, AT_ONCE)
      await settleAll(deps, batch)
      queue = queue.slice(batch.length)
    }
  }
  const kick = () => {
    if (working || again || closed || queue.length === 0) return
    working = work()
      .catch(() => {
        again = setTimeout(() => {
          again = null
          kick()
        }, AGAIN_MS).unref()
      })
      .finally(() => {
        working = null
        kick()
      })
  }
  redis.onUp(() => {
    if (again) clearTimeout(again)
    again = null
    kick()
  })

  return {
    add(stored) {
      // Not by spreading: the recorder may have much to tell.
      for (const one of stored) queue.push(one)
      if (queue.length > MOST_WAITING) lost += queue.splice(AT_ONCE, queue.length - MOST_WAITING).length
      kick()
    },
    async idle() {
      while (working) await working
    },
    lost: () => lost,
    close() {
      closed = true
      if (again) clearTimeout(again)
    },
  }
}

/** All or some: what is told of again because the rest failed finds its hold done. */
async function settleAll(deps: SettlerDeps, batch: readonly Settled[]): Promise<void> {
  const holds = (await deps.redis.call('MGET', ...batch.map(({ id }) => holdKey(id)))) as (string | null)[]
  await Promise.all(batch.map((one, i) => settleOne(deps, one, holds[i] ?? '')))
}

async function settleOne(deps: SettlerDeps, { id, charge }: Settled, hold: string): Promise<void> {
  if (hold === DONE) return
  const entries = hold === '' ? [] : (JSON.parse(hold) as HoldEntry[])
  const steps = charge
    ? stepsOf(deps, charge, entries)
    : entries.map((entry) => toStep(entry, charge === null ? 0 : null))
  if (steps.length === 0) return
  const now = deps.now()
  await deps.redis.run(
    SETTLE,
    [holdKey(id), ...steps.flatMap(({ place: { key, index } }) => [key, index])],
    [now, hold, DONE, DONE_MS, 0, 0, ...steps.flatMap(toArguments)],
  )
}

interface Step {
  place: Pick<Place, 'kind' | 'key' | 'index' | 'slot' | 'oldest' | 'life' | 'scope'>
  back: number
  used: number
  /** It was reserved there: where that has gone, nothing is added. */
  held: boolean
}

const toArguments = ({ place: { kind, slot, oldest, life, scope }, back, used, held }: Step) => [
  kind,
  slot,
  oldest,
  String(-back),
  String(used),
  held ? 1 : 0,
  life,
  scope,
]

/** `used` null: the estimate stands. */
const toStep = ([, key, slot, amount]: HoldEntry, used: number | null): Step => ({
  place: { kind: 'calendar', key, index: key, slot, oldest: 0, life: 0, scope: '' },
  back: amount,
  used: used ?? amount,
  held: true,
})

function stepsOf(deps: SettlerDeps, charge: NonNullable<Charge>, entries: readonly HoldEntry[]): Step[] {
  const now = deps.now()
  const steps: Step[] = []
  const rules = rulesOf(deps, charge, entries)
  for (const rule of rules) {
    const scope = rule.span === null ? null : rule.scopeOf(charge)
    if (scope === null) continue
    const entry = entries.find(([name]) => name === rule.digest)
    const used = chargeOf(rule, charge, entry?.[3] ?? 0)
    if (entry) {
      steps.push(toStep(entry, used))
      continue
    }
    roll(rule, now)
    const place = placeOf(rule, scope, charge.startedAt, now)
    if (place) steps.push({ place, back: 0, used, held: false })
  }
  const gone = entries.filter(([name]) => !rules.some((rule) => rule.digest === name))
  return [...steps, ...gone.map((entry) => toStep(entry, 0))]
}

/** After a restart the rules of a key are not made before it calls; its earlier calls may be told of before that. */
function rulesOf({ book, keys }: SettlerDeps, charge: NonNullable<Charge>, entries: readonly HoldEntry[]): Rule[] {
  const known = () => [...book.config(), ...book.ofKey(charge)]
  const rules = known()
  if (entries.every(([name]) => rules.some((rule) => rule.digest === name))) return rules
  book.all(keys())
  return known()
}
