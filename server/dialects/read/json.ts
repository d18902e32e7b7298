/**
 * Tolerant access to JSON that somebody else wrote. A field that is missing, null or of another type is null (or empty), so that
 * readers say what they want and never check twice. `kept` bounds what is passed on raw: a hostile body nested a hundred
 * thousand levels deep would overflow the stack of whoever serialises it later.
 */
export type Json = Record<string, unknown>

const EMPTY: Json = Object.freeze({})
const MAX_DEPTH = 48

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const asObject = (value: unknown): Json => (isObject(value) ? value : EMPTY)

export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** The objects of a list; everything else in it is left out. */
export const asObjects = (value: unknown): Json[] => asList(value).filter(isObject)

export const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** A text that says something: '' is null, as some servers send `"model": ""`. */
export const asName = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** A count or a quantity: finite and not negative, else null. */
export const asCount = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null

/** An id that may be a number on the wire. */
export const asId = (value: unknown): string | null => (typeof value === 'number' ? String(value) : asName(value))

/** JSON text for things that are text on some servers and objects on others (tool arguments). */
export const asJsonText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : (JSON.stringify(kept(value)) ?? '')

/** A flat string map, as `metadata` is; other values are left out. */
export function asTags(value: unknown): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const [name, entry] of Object.entries(asObject(value))) {
    if (typeof entry === 'string') setOwn(tags, name, entry)
    else if (typeof entry === 'number' || typeof entry === 'boolean') setOwn(tags, name, String(entry))
  }
  return tags
}

/** The value as it came, unless it is nested too deep to be handed on. */
export const kept = (value: unknown): unknown => (isTooDeep(value, MAX_DEPTH) ? '(nested too deep to show)' : value)

/** All fields but the named ones and nulls: what a request sets beyond what a reader has understood. */
export function restOf(object: Json, understood: ReadonlySet<string>): Json {
  const rest: Json = {}
  for (const name of Object.keys(object)) {
    const value = object[name]
    if (value !== null && value !== undefined && !understood.has(name)) setOwn(rest, name, kept(value))
  }
  return rest
}

/** `__proto__` from a body must become a field, not a prototype. */
function setOwn<T>(target: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true, configurable: true })
  else target[name] = value
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left === 0) return true
  if (Array.isArray(value)) return value.some((entry) => isTooDeep(entry, left - 1))
  for (const name in value) if (isTooDeep((value as Json)[name], left - 1)) return true
  return false
}

/** Field names, a line of them at a time. */
export const words = (...lines: string[]): ReadonlySet<string> => new Set(lines.flatMap((line) => line.split(' ')))
