/**
 * The calls that the writer has open, by id. Open addressing in one array that only grows (why not a Map: see bag.ts), with
 * deletion by shifting back, so that no tombstones gather. Ids are UUIDs of version 7: their last digits are random.
 */
export interface CallTable<T extends { callId: string }> {
  get(callId: string): T | undefined
  /** The id must not be in there yet. */
  add(item: T): void
  delete(callId: string): void
  clear(): void
}

export function createCallTable<T extends { callId: string }>(): CallTable<T> {
  let slots: (T | undefined)[] = Array.from({ length: 64 })
  let used = 0

  /** Where the id is, or the free slot where it would go. */
  const find = (callId: string): number => {
    let at = hash(callId) & (slots.length - 1)
    for (let item = slots[at]; item !== undefined && item.callId !== callId; item = slots[at]) {
      at = (at + 1) & (slots.length - 1)
    }
    return at
  }
  const grow = (): void => {
    const before = slots
    slots = Array.from({ length: before.length * 2 })
    for (const item of before) if (item) slots[find(item.callId)] = item
  }

  return {
    get: (callId) => slots[find(callId)],
    add(item) {
      if (used * 2 >= slots.length) grow()
      slots[find(item.callId)] = item
      used++
    },
    delete(callId) {
      let hole = find(callId)
      if (slots[hole] === undefined) return
      used--
      const mask = slots.length - 1
      for (let at = (hole + 1) & mask; slots[at] !== undefined; at = (at + 1) & mask) {
        const home = hash(slots[at]!.callId) & mask
        // It may move back unless its home lies between the hole and where it is now.
        if (((at - home) & mask) < ((at - hole) & mask)) continue
        slots[hole] = slots[at]
        hole = at
      }
      slots[hole] = undefined
    },
    clear() {
      slots = Array.from({ length: 64 })
      used = 0
    },
  }
}

const DIGITS = 7
/** From the last characters, four bits and a little more of each. */
function hash(callId: string): number {
  let value = 0
  for (let i = Math.max(0, callId.length - DIGITS); i < callId.length; i++)
    value = (Math.imul(value, 31) + callId.charCodeAt(i)) | 0
  return value ^ (value >>> 15)
}
