/** JSON in one way of writing, whatever its key order and spaces. */

/** Marks that clients set and take away again without changing what is said. */
const MARKS = new Set(['cache_control', 'cacheControl', 'cachePoint'])
const MAX_DEPTH = 32

/** A text that is no JSON stays as it is. Nothing and an empty object are the same: arguments of a tool without any. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'string') return write(value, 0)
  const text = value.trim()
  if (text === '' || text === '{}') return '{}'
  if (text[0] !== '{' && text[0] !== '[') return text
  try {
    return write(JSON.parse(text), 0)
  } catch {
    return text
  }
}

function write(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (depth > MAX_DEPTH) return '…'
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${write(item, depth + 1)}`
    return `[${text}]`
  }
  const object = value as Record<string, unknown>
  const names = Object.keys(object)
  if (names.length > 1) names.sort()
  for (const name of names) {
    if (object[name] === undefined || MARKS.has(name)) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${write(object[name], depth + 1)}`
  }
  return `{${text}}`
}
