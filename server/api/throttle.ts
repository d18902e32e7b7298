/** Slows down whoever tries tokens: five wrong ones are free, then each doubles the wait, up to a quarter of an hour. */

const FREE_TRIES = 5
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 15 * 60_000
/** Wrong tries are forgotten after this, and no more addresses than this are remembered. */
const FORGET_MS = 60 * 60_000
const MOST_ADDRESSES = 10_000

export interface Throttle {
  /** How long this address must wait before the next try; 0 or less: it need not. */
  waitMs(address: string, now?: number): number
  failed(address: string, now?: number): void
  succeeded(address: string): void
}

export const createThrottle = (): Throttle => {
  const failures = new Map<string, { count: number; at: number; until: number }>()

  return {
    waitMs: (address, now = Date.now()) => (failures.get(network(address))?.until ?? 0) - now,
    failed(address, now = Date.now()) {
      const who = network(address)
      const before = failures.get(who)
      const count = before && now - before.at < FORGET_MS ? before.count + 1 : 1
      const wait = count < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_TRIES))
      failures.delete(who)
      failures.set(who, { count, at: now, until: now + wait })
      if (failures.size > MOST_ADDRESSES) failures.delete(failures.keys().next().value as string)
    },
    succeeded: (address) => void failures.delete(network(address)),
  }
}

/** One who owns an IPv6 address owns its /64: counted as one. */
const network = (address: string): string =>
  address.includes(':') && !address.startsWith('::ffff:') ? address.split(':').slice(0, 4).join(':') : address
