/**
 * What weir.yaml may leave out of its text: `${NAME}` from the environment, and secrets from files. Replacing happens in
 * parsed scalars, never in the text, so a value with quotes, colons or line breaks cannot change the file's structure.
 */
import { type Document, isPair, isScalar, isSeq, type Node, type Pair, visit } from 'yaml'
import { SECRETS, spellingsOf } from './options.ts'

const VARIABLE = /\$(\$\{|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})/g

/** Replaces `${NAME}` and `${NAME:-otherwise}` in every value; `$${` stays `${`. `missing` hears of unset names and where they stand. */
export const expandVariables = (
  document: Document,
  env: Readonly<Record<string, string | undefined>>,
  missing: (name: string, path: string[]) => void,
): void => {
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string') return
      node.value = node.value.replaceAll(
        VARIABLE,
        (whole, escaped: string, name: string | undefined, otherwise?: string) => {
          if (name === undefined) return escaped === '${' ? '${' : whole
          const value = env[name] || otherwise
          if (value === undefined) missing(name, pathOf([...ancestors, node]))
          return value ?? ''
        },
      )
    },
  })
}

const pathOf = (nodes: readonly (Document | Node | Pair)[]): string[] =>
  nodes.flatMap((node, index) => {
    if (isPair(node) && isScalar(node.key)) return [String(node.key.value)]
    const next = nodes[index + 1]
    return isSeq(node) && next ? [String(node.items.indexOf(next))] : []
  })

type Group = Record<string, unknown>
const isGroup = (value: unknown): value is Group => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Puts the content of `…_file` in place of its name, at the top, in each provider, each of its apiKeys and each key. Throws nothing: `wrong` hears of it. */
export const readSecretFiles = (
  root: Group,
  readSecret: (file: string) => string,
  wrong: (path: string[], says: string) => void,
): void => {
  const groups: [string[], Group, readonly string[]][] = [[[], root, SECRETS]]
  if (isGroup(root['providers']))
    for (const [name, provider] of Object.entries(root['providers'])) {
      if (!isGroup(provider)) continue
      groups.push([['providers', name], provider, SECRETS])
      const several: unknown = provider['apiKeys']
      if (!Array.isArray(several)) continue
      for (const [i, each] of several.entries())
        if (isGroup(each)) groups.push([['providers', name, 'apiKeys', String(i)], each, ['key']])
    }

  const listed = isGroup(root['keys']) ? root['keys']['list'] : null
  if (Array.isArray(listed))
    for (const [i, key] of listed.entries())
      if (isGroup(key)) groups.push([['keys', 'list', String(i)], key, ['secret']])

  if (Array.isArray(root['alerts']))
    for (const [i, alert] of root['alerts'].entries())
      if (isGroup(alert)) groups.push([['alerts', String(i)], alert, ['secret']])

  for (const [path, group, secrets] of groups)
    for (const secret of secrets)
      for (const key of spellingsOf(secret).filter((spelling) => group[spelling] !== undefined)) {
        const file = group[key]
        delete group[key]
        try {
          if (typeof file !== 'string') throw new Error('expected the path of a file')
          if (group[secret] !== undefined) throw new Error(`stands beside ${secret}: set one of them`)
          group[secret] = readSecret(file)
        } catch (error) {
          wrong([...path, key], error instanceof Error ? error.message : String(error))
        }
      }
}
