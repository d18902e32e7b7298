/**
 * A set for what comes and goes with every call and is looked through rarely. Not a Set or Map of V8: those grow by making a new
 * table that the old one points to, and a dead table in the old generation then keeps all that its successors ever held alive
 * until the next full collection (measured: 24 % of all memory survived each scavenge, 20 ms pauses, and V8's helper threads
 * took 50 µs a call).
 */

/** What a bag holds remembers its own place there; -1 when it is in none. */
export interface Bagged {
  place: number
}

export interface Bag<T extends Bagged> {
  add(item: T): void
  /** False: it was not in there. */
  remove(item: T): boolean
  size(): number
  /** A copy: the bag may change while it is walked through. */
  list(): T[]
}

export function createBag<T extends Bagged>(): Bag<T> {
  /** Never shortened: V8 would give it new memory when it grows again, and the same thing happens. */
  const items: (T | undefined)[] = []
  let size = 0
  return {
    add(item) {
      item.place = size
      items[size++] = item
    },
    remove(item) {
      if (items[item.place] !== item) return false
      const last = items[--size]!
      items[item.place] = last
      last.place = item.place
      items[size] = undefined
      item.place = -1
      return true
    },
    size: () => size,
    list: () => items.slice(0, size) as T[],
  }
}
