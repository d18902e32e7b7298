/**
 * Lays out JSON for reading without passing it through numbers and objects: JSON.parse would round 12345678901234567890, drop duplicate
 * keys and rewrite escapes, and what is shown here must be what was sent. JSON.parse only judges whether it is JSON at all.
 */
const INLINE = 88

export const isJson = (text: string): boolean => {
  const first = text.trimStart()[0]
  if (first !== '{' && first !== '[') return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

// A string, a structural character, or a literal: everything between is white space.
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/** Two spaces a level; what fits on one line stays on one line. null: not a JSON object or array. */
export const layOutJson = (text: string): string | null => {
  if (!isJson(text)) return null
  const tokens = text.match(TOKEN) ?? []
  const ends = matchBrackets(tokens)
  let out = ''
  let depth = 0
  const newline = () => `\n${'  '.repeat(depth)}`
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (token === '{' || token === '[') {
      const inline = onOneLine(tokens, i, ends.get(i)!)
      if (inline !== null) {
        out += inline
        i = ends.get(i)!
      } else {
        depth++
        out += token + newline()
      }
    } else if (token === '}' || token === ']') {
      depth--
      out += newline() + token
    } else if (token === ',') out += `,${newline()}`
    else out += token === ':' ? ': ' : token
  }
  return out
}

/** Index of each opening bracket → index of its closing one. */
const matchBrackets = (tokens: string[]) => {
  const ends = new Map<number, number>()
  const open: number[] = []
  tokens.forEach((token, i) => {
    if (token === '{' || token === '[') open.push(i)
    else if (token === '}' || token === ']') ends.set(open.pop()!, i)
  })
  return ends
}

/** `{ "a": 1, "b": [2, 3] }`, or null when it would be longer than a line. Looks at no more tokens than a line can hold. */
const onOneLine = (tokens: string[], from: number, to: number): string | null => {
  if (to - from > INLINE) return null
  let out = ''
  for (let i = from; i <= to; i++) {
    const token = tokens[i]!
    if (token === '{') out += tokens[i + 1] === '}' ? '{' : '{ '
    else if (token === '}') out += tokens[i - 1] === '{' ? '}' : ' }'
    else out += token === ',' ? ', ' : token === ':' ? ': ' : token
    if (out.length > INLINE) return null
  }
  return out
}

/** A value that came parsed (raw parts, schemas), in the same layout. */
export const toJsonText = (value: unknown): string => {
  const text = JSON.stringify(value)
  if (text === undefined) return String(value)
  return layOutJson(text) ?? text
}
