/**
 * Calls at once, over several Weirs: each holds a lease that ends by itself, and is renewed for as long as its call runs. A Weir
 * that was killed renews nothing, so its slots come free; a Redis that forgot them is told of them again.
 */
import { type Bag, type Bagged, createBag } from '../../bag.ts'
import type { Redis } from '../../redis/redis.ts'
import type { Reservation } from './ledger.ts'
import { LEASE_LIFE_MS, LEASE_MS, type Place } from './redis-places.ts'
import { BEAT } from './redis-scripts.ts'

export interface Held extends Reservation, Bagged {
  /** Where its leases stand. */
  leases: readonly Place[]
  finished: boolean
}

export interface Leases {
  add(held: Held): void
  drop(held: Held): void
  /** Every third of a lease, by itself. */
  beat(): Promise<void>
  close(): void
}

/** Ids in one script. */
const AT_ONCE = 1000

export function createLeases({ redis, now }: { redis: Redis; now(): number }): Leases {
  const bag: Bag<Held> = createBag()
  const beat = async () => {
    const all = bag.list()
    for (let i = 0; i < all.length; i += AT_ONCE) await renew(redis, all.slice(i, i + AT_ONCE), now())
  }
  const quietly = () => void beat().catch(() => {})
  const timer = setInterval(quietly, LEASE_MS / 3).unref()
  redis.onUp(quietly)

  return {
    add: bag.add,
    drop(held) {
      bag.remove(held)
      // Where Redis is away they end by themselves.
      for (const { key } of held.leases) redis.call('ZREM', key, held.callId).catch(() => {})
    },
    beat,
    close: () => clearInterval(timer),
  }
}

async function renew(redis: Redis, held: readonly Held[], now: number): Promise<void> {
  const byKey = new Map<string, { place: Place; ids: string[] }>()
  for (const { leases, callId } of held)
    for (const place of leases) {
      const there = byKey.get(place.key) ?? { place, ids: [] }
      byKey.set(place.key, there)
      there.ids.push(callId)
    }
  const all = [...byKey.values()]
  await redis.run(
    BEAT,
    all.flatMap(({ place: { key, index } }) => [key, index]),
    [now, now + LEASE_MS, LEASE_LIFE_MS, ...all.flatMap(({ place, ids }) => [place.scope, ids.length, ...ids])],
  )
}
