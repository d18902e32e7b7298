/** What the cache holds and has done, in figures and words. */
import type { CacheStatus } from '../../lib/control.ts'
import { type Figure, join, toBytes, toCount, toDuration, toMoney, toPercent, toShort } from '../../lib/format.ts'

export const MODES: Record<CacheStatus['mode'], { text: string; tone: string; help: string }> = {
  on: {
    text: 'on',
    tone: 'good',
    help: 'Every call that can be is answered from it, unless it says x-weir-cache: off.',
  },
  'opt-in': { text: 'on request', tone: 'acc', help: 'Only for calls that ask for it: x-weir-cache: on.' },
  off: { text: 'off', tone: '', help: 'No call is answered from it.' },
}

/** The line that switches it on. */
export const FIRST_CACHE = 'cache: { mode: on, ttl: 1h }'

export interface Fact {
  name: string
  figure: Figure
  beside: string
  help: string
}

const plural = (n: number, one: string, many: string) => `${toCount(n)} ${n === 1 ? one : many}`

export function toFacts(cache: CacheStatus): Fact[] {
  const { hits, misses, semantic } = cache
  const asked = hits + misses
  const share = asked === 0 ? null : hits / asked
  const facts: Fact[] = [
    {
      name: 'Hit share',
      figure: toPercent(share),
      beside: asked === 0 ? 'nothing asked yet' : `${toCount(hits)} of ${toCount(asked)}`,
      help: 'Calls that were answered from it, of all that were looked up, since Weir started.',
    },
    {
      name: 'Money saved',
      figure: { value: toMoney(cache.savedNano), unit: '' },
      beside: 'since Weir started',
      help: 'What the answers had cost when they were first given, as far as known.',
    },
    {
      name: 'Time saved',
      figure: toDuration(cache.savedMs),
      beside: hits === 0 ? '' : `${join(toDuration(cache.savedMs / hits))} a hit`,
      help: 'What the answers had taken when they were first given.',
    },
    {
      name: 'Tokens saved',
      figure: toShort(cache.savedTokens),
      beside: '',
      help: 'Input and output together, as far as known.',
    },
  ]
  if (!semantic) return facts
  const likeness: Fact = {
    name: 'By likeness',
    figure: toShort(semantic.hits),
    beside: `among ${plural(semantic.entries, 'question', 'questions')}`,
    help: 'Hits for questions in other words (cache.semantic); they are part of the hit share.',
  }
  return [...facts, likeness]
}

export const toHeld = ({ entries, bytes, maxBytes }: CacheStatus): string =>
  `${plural(entries, 'answer', 'answers')}, ${join(toBytes(bytes))} of ${join(toBytes(maxBytes))}`
