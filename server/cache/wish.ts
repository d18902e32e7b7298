/**
 * What a call says of the cache in its headers: `x-weir-cache: on | off | refresh | TTL`, and the words of other gateways. What
 * cannot be read is refused: a wish for `off` with a typing mistake must not be served from the cache.
 */
import { toMilliseconds } from '../config/units.ts'
import { WeirError } from '../errors.ts'

export interface Wish {
  mode: 'on' | 'off' | 'refresh'
  /** Milliseconds: how old an answer may be, and how long this call's own is kept; null: what the configuration says. */
  ttlMs: number | null
  /** The header that said it, for `cacheWhy`. */
  said: string
}

/** In the order of asking: the first that says something counts. */
const READERS: Record<string, (value: string) => Omit<Wish, 'said'> | null | undefined> = {
  'x-weir-cache': (value) => (isMode(value) ? { mode: value, ttlMs: null } : fromTtl(toTtl(value))),
  'cf-aig-skip-cache': (value) => (isTrue(value) ? { mode: 'off', ttlMs: null } : isFalse(value) ? null : undefined),
  'cf-aig-cache-ttl': (value) => fromTtl(/^\d+$/.test(value) ? Number(value) * 1000 : null),
  'helicone-cache-enabled': (value) =>
    isTrue(value) ? { mode: 'on', ttlMs: null } : isFalse(value) ? { mode: 'off', ttlMs: null } : undefined,
}
const NAMES = Object.keys(READERS)

/** null: the call says nothing. @throws WeirError `bad_request` */
export function readWish(raw: readonly string[]): Wish | null {
  for (const name of NAMES) {
    const value = valueOf(raw, name)
    if (value === null) continue
    const wish = READERS[name]!(value.trim().toLowerCase())
    if (wish === undefined) throw unreadable(name, value)
    if (wish) return { ...wish, said: `${name}: ${value.trim()}` }
  }
  return null
}

function unreadable(name: string, value: string): WeirError {
  const help =
    name === 'x-weir-cache'
      ? 'Write on, off, refresh, or how long the answer may be kept, such as 10m or 600 (seconds).'
      : name === 'cf-aig-cache-ttl'
        ? 'Write a whole number of seconds, or use x-weir-cache.'
        : 'Write true or false, or use x-weir-cache.'
  return new WeirError('bad_request', `${name} is "${value.slice(0, 64)}", which Weir does not understand. ${help}`)
}

function valueOf(raw: readonly string[], lowerName: string): string | null {
  for (let i = 0; i < raw.length; i += 2) if (raw[i]!.toLowerCase() === lowerName) return raw[i + 1]!
  return null
}

/** Without a unit it is seconds, as in other gateways' headers and HTTP's own. */
const toTtl = (value: string): number | null => (/^\d+$/.test(value) ? Number(value) * 1000 : toMilliseconds(value))

const fromTtl = (ttlMs: number | null): Omit<Wish, 'said'> | undefined =>
  ttlMs === null || !Number.isSafeInteger(ttlMs)
    ? undefined
    : ttlMs === 0
      ? { mode: 'off', ttlMs: null }
      : { mode: 'on', ttlMs }

const isMode = (value: string): value is Wish['mode'] => value === 'on' || value === 'off' || value === 'refresh'
const isTrue = (value: string) => value === 'true' || value === '1'
const isFalse = (value: string) => value === 'false' || value === '0'
