/**
 * Heads in memory: those of the calls placed or asked for lately. Two generations: when the younger is full, the older is let go
 * between two batches, and what is asked for again moves over. Everything in here is in the database, too, or in the batch that is being made.
 */
import type { Head } from './head.ts'

/** Calls a generation: some 60 MB when both are full of chats. */
const CALLS = 25_000
/** Of equal heads (an evaluation that asks the same a thousand times), the latest ones. */
const EQUAL = 256

export interface Heads {
  /** The latest last. */
  find(hash: string): readonly Head[]
  of(callId: string): readonly Head[]
  add(head: Head): void
  remove(head: Head): void
  /** After a batch: what was asked for in it is needed no longer. */
  rest(): void
}

export const createHeads = (calls = CALLS): Heads => {
  const byHash = new Map<string, Head[]>()
  let young = new Map<string, Head[]>()
  let old = new Map<string, Head[]>()

  const unlist = (head: Head) => {
    const equal = byHash.get(head.hash)
    const at = equal?.indexOf(head) ?? -1
    if (!equal || at < 0) return
    if (equal.length === 1) byHash.delete(head.hash)
    else equal.splice(at, 1)
  }
  const rotate = () => {
    for (const [callId, heads] of old) if (!young.has(callId)) heads.forEach(unlist)
    old = young
    young = new Map()
  }
  /** The heads of a call, moved to the young. */
  const touch = (callId: string): Head[] | undefined => {
    const fresh = young.get(callId)
    if (fresh) return fresh
    const kept = old.get(callId)
    if (!kept) return undefined
    young.set(callId, kept)
    return kept
  }

  return {
    rest: () => {
      if (young.size >= calls) rotate()
    },
    find: (hash) => byHash.get(hash) ?? [],
    of: (callId) => touch(callId) ?? [],
    add: (head) => {
      const own = touch(head.callId)
      const before = own?.findIndex(({ pk }) => pk === head.pk) ?? -1
      if (own && before >= 0) unlist(own.splice(before, 1)[0]!)
      if (own) own.push(head)
      else young.set(head.callId, [head])
      const equal = byHash.get(head.hash)
      if (!equal) return void byHash.set(head.hash, [head])
      // In order of calls, whatever order they came in: ids are.
      let at = equal.length
      while (at > 0 && equal[at - 1]!.callId > head.callId) at--
      equal.splice(at, 0, head)
      if (equal.length > EQUAL) equal.shift()
    },
    remove: (head) => {
      const own = touch(head.callId)
      if (own) own.splice(own.indexOf(head), 1)
      unlist(head)
    },
  }
}
