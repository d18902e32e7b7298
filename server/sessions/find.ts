/** Which call does this one go on from? The longest beginning of its history that is known. */
import type { Point } from './chain.ts'
import { keyOf, type Head } from './head.ts'
import type { Heads } from './heads.ts'
import type { Reading } from './reading.ts'

export interface Found {
  head: Head
  /** Messages of the request that are not new. */
  depth: number
  how: 'goes on' | 'retry' | 'regenerated'
  /** The model's turns in the history that come after what was found: nobody saw them as they are told here. */
  unseen: number
  /** What the first of two equal calls went on from. */
  before: Head | null
}

/** An answer that nobody has gone on from yet comes before what was asked already: two runs may say the same for a while. */
export function find(heads: Heads, reading: Reading): Found | null {
  const again = resend(heads, reading)
  if (again?.how === 'retry') return again
  const found = longest(heads, reading)
  const fresh = found !== null && found.unseen === 0 && found.head.kind === 'answered' && !found.head.continued
  return fresh || !again ? found : { ...again, before: found?.head ?? null }
}

/** The database knows more than memory only where memory lacks the last answer. */
export function isKnown(heads: Heads, { chain }: Reading): boolean {
  const last = chain.points.findLast(({ spoken }) => spoken)
  return last !== undefined && heads.find(last.hash).some(({ kind }) => kind === 'answered')
}

/** The same once more. After an error it is a retry; after an answer, in the middle of a conversation, another answer is wanted. */
function resend(heads: Heads, reading: Reading): Found | null {
  const { points } = reading.chain
  const last = points.at(-1)
  if (!last || last.spoken) return null
  const depth = last.depth
  const failed = best(heads.find(keyOf('failed', last.hash)), reading, ({ continued }) => !continued)
  if (failed) return { head: failed, depth, how: 'retry', unseen: 0, before: longest(heads, reading)?.head ?? null }
  if (!points.some(({ spoken }) => spoken)) return null
  // A history that no answer of ours led to is an example in a prompt, sent a thousand times by an evaluation.
  const answered = best(heads.find(last.hash), reading, ({ kind, turn }) => kind === 'asked' && (turn ?? 0) > 1)
  return answered && { head: answered, depth, how: 'regenerated', unseen: 0, before: null }
}

function longest(heads: Heads, reading: Reading): Found | null {
  const { points } = reading.chain
  const hasSpoken = points.some(({ spoken }) => spoken)
  let unseen = 0
  for (let i = points.length - 1; i >= 0; i--) {
    const point = points[i]!
    const head = at(heads, reading, point, hasSpoken, i < points.length - 1)
    // After what was asked comes its answer, in other words than ours: that one is known.
    const told = head?.kind === 'answered' ? unseen : Math.max(0, unseen - 1)
    if (head) return { head, depth: point.depth, how: 'goes on', unseen: told, before: null }
    if (point.spoken) unseen++
  }
  return null
}

function at(heads: Heads, reading: Reading, point: Point, hasSpoken: boolean, inner: boolean): Head | null {
  if (point.spoken) return best(heads.find(point.hash), reading, ({ kind }) => kind === 'answered')
  if (!inner) return null
  const failed = best(heads.find(keyOf('failed', point.hash)), reading, () => true)
  if (failed || !hasSpoken) return failed
  return best(heads.find(point.hash), reading, ({ kind }) => kind === 'asked')
}

/** Of equal heads: the one with the same system prompt, then one that nobody has gone on from, then the latest. */
function best(equal: readonly Head[], { turn, system }: Reading, fits: (head: Head) => boolean): Head | null {
  let found: Head | null = null
  let rank = -1
  for (const head of equal) {
    if (head.callId === turn.call.id || !fits(head)) continue
    const own = (head.system === system ? 2 : 0) + (head.continued ? 0 : 1)
    if (own < rank) continue
    found = head
    rank = own
  }
  return found
}
