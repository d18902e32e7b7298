/** weir.yaml as text → plain values, and the way back: where in the text a path was written, for messages. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { expandVariables } from './expand.ts'
import { ConfigError, type Mistake } from './mistakes.ts'

export type Group = Record<string, unknown>
export const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export interface ConfigText {
  root: Group
  place(path: readonly PropertyKey[]): Pick<Mistake, 'where' | 'line'>
  /** Variables that are not set. */
  mistakes: Mistake[]
  /** Paths of the values that name them: what the schema says about these is noise. */
  unset: string[]
}

/** `name` is how the file is called in messages. Throws ConfigError when the text is no YAML. */
export const readConfigText = (
  text: string,
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): ConfigText => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  const at = (offset: number | null) => {
    if (offset === null) return { where: name, line: null }
    const { line, col } = lines.linePos(offset)
    return { where: `${name}:${line}:${col}`, line }
  }
  const place = (path: readonly PropertyKey[]) => at(offsetOf(document, path))
  if (document.errors.length > 0)
    throw new ConfigError(document.errors.map((error) => ({ ...at(error.pos[0]), says: error.message })))

  const mistakes: Mistake[] = []
  const unset: string[] = []
  expandVariables(document, env, (variable, path) => {
    const says = `the environment has no ${variable}: set it, or write \${${variable}:-otherwise}`
    mistakes.push({ ...place(path), says: `${path.join('.')}: ${says}` })
    unset.push(path.join('.'))
  })
  const root: unknown = document.toJS() ?? {}
  if (!isGroup(root)) throw new ConfigError([{ ...at(0), says: 'expected options such as "port: 9347"' }])
  return { root, place, mistakes, unset }
}

type Ranged = { range?: [number, number, number] | null } | undefined

/** Offset of the key (or list item) at `path`, or of the nearest thing above it that is there. */
const offsetOf = (document: Document, path: readonly PropertyKey[]): number | null => {
  let node: unknown = document.contents
  let offset: number | null = null
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (!pair) break
      offset = (pair.key as Ranged)?.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      offset = (node as Ranged)?.range?.[0] ?? offset
    } else break
  }
  return offset
}
