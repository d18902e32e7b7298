/**
 * A bounded memory that forgets the oldest: two maps, and when the younger is full it takes the elder's place. Nothing is ever
 * deleted from a map, so calls that come and go leave no dead tables behind (see bag.ts).
 */
export interface Recent<T> {
  get(name: string): T | undefined
  set(name: string, value: T): void
}

export function createRecent<T>(limit: number): Recent<T> {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  const set = (name: string, value: T) => {
    if (young.size >= limit && !young.has(name)) {
      old = young
      young = new Map()
    }
    young.set(name, value)
  }
  return {
    get(name) {
      const found = young.get(name)
      if (found !== undefined) return found
      const before = old.get(name)
      if (before !== undefined) set(name, before)
      return before
    },
    set,
  }
}
